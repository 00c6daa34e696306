"""Every number equals R's, every item of the catalogue is compared, and the docs page says so."""

import pytest

import agreement

CASES = agreement.cases()
FUNCTIONS = agreement.function_cases()


@pytest.fixture(scope="module")
def results():
    return agreement.everything()


@pytest.mark.parametrize("position", range(len(CASES)), ids=[case["name"] for case in CASES])
def test_numbers_of_the_commands_equal_r(results, position):
    result = results[position]
    assert not result.missing, result.missing
    assert result.worst <= agreement.TOLERANCE, result.worst_key


@pytest.mark.parametrize("subject", sorted({case["subject"] for case in FUNCTIONS}))
def test_numbers_of_the_functions_equal_r(results, subject):
    own = [result for result in results if result.name == subject]
    assert own
    for result in own:
        assert not result.missing, (result.data, result.options, result.missing)
        assert result.worst <= agreement.TOLERANCE, (result.data, result.options, result.worst_key)


def test_every_item_is_compared(results):
    for title, _, data, _, worst in agreement.item_rows(results):
        assert data, title
        assert worst <= agreement.TOLERANCE, title


def test_at_least_twenty_survival_data_sets_are_compared():
    assert len({case["data"] for case in CASES if case["command"] == "survival"}) >= 20


def test_firths_penalty_is_compared_on_five_data_sets_or_more():
    assert len({case["data"] for case in FUNCTIONS if case["subject"] == "firth"}) >= 5


def test_a_wrong_number_is_noticed():
    case = next(case for case in CASES if case["command"] == "meta")
    wrong = {**case, "expected": {**case["expected"], "tau2": case["expected"]["tau2"] * 1.00001}}
    assert not agreement.compare(wrong).agrees


def test_page_is_what_the_code_gives(results):
    text = agreement.page(results)
    assert agreement.PAGE.read_text() == text, "run: python tests/python/agreement.py"
