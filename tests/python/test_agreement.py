"""Every number of the three commands equals R's, and the docs page says so truthfully."""

import pytest

import agreement

CASES = agreement.cases()


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_numbers_equal_r(case):
    result = agreement.compare(case)
    assert not result.missing, result.missing
    assert result.worst <= result.tolerance, result.worst_key


def test_at_least_twenty_data_sets_are_compared():
    assert len({case["data"] for case in CASES}) >= 20


def test_a_wrong_number_is_noticed():
    case = next(case for case in CASES if case["command"] == "meta")
    wrong = {**case, "expected": {**case["expected"], "tau2": case["expected"]["tau2"] * 1.00001}}
    assert not agreement.compare(wrong).agrees


def test_page_is_what_the_code_gives():
    page = agreement.page([agreement.compare(case) for case in CASES])
    assert agreement.PAGE.read_text() == page, "run: python tests/python/agreement.py"
