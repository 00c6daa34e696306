"""Every worked example of the specification is a test under its id, its twins included.

The specification is not part of the repository: without it the test is skipped and says so. The
ids are read from the worked examples of sections 4 to 8; each is a dbt unit test. A twin is what
an example yields under another value of a parameter. It is a unit test of its own, named by the id
and, after ``_if_``, the value; which examples have one is listed here and held against the text.
"""

import re

import pytest

from myelomart.project import project_root

ID = re.compile(r"\b(S|PF|PT|CI|G|U|K)(\d{1,2})(?:\s*(?:–|-|to|_to_)\s*\1?(\d{1,2}))?\b", re.I)
# id, the words of the specification for the other value, and the unit test
TWINS = [
    ("S9", "`pd_simultaneous=false`", "s9_if_pd_simultaneous_is_off"),
    ("S10", "`CR_lab` in relaxed mode", "s10_if_relaxed_is_cr_lab"),
    ("PF2", "`last_contact`", "pf2_if_censored_at_the_last_contact"),
    ("PF4", "ignore → 220 event", "pf4_if_new_therapy_is_ignored_or_an_event"),
    ("PF4", "event → 150 event", "pf4_if_new_therapy_is_ignored_or_an_event"),
    ("PF6", "`last_contact`", "pf6_if_censored_at_the_last_contact"),
    ("PF8", "`include_death=false`", "pf8_if_death_is_no_event"),
    ("CI8", "`cir_origin=infusion`", "ci8_is_ci5_if_cir_origin_is_the_infusion"),
    ("G5", "with v6", "g5_and_g8_if_ctcae_version_is_6"),
    ("G8", "with v6", "g5_and_g8_if_ctcae_version_is_6"),
]
# how the text names another value; names of results are none
ANOTHER_VALUE = re.compile(r"`(\w+(?:=\w+)?)`|\b(ignore|event) → |\b(relaxed mode|with v6)\b")
NO_TWIN = {"pfs_post_pd", "unit_inferred", "crs_probable", "crs_any", "crs_coded"}


def ids(text: str) -> set[str]:
    """The ids in ``text``, ranges such as G1–G5 or s1_to_s11 spelt out."""
    found = set()
    for kind, first, last in ID.findall(text.replace("_", " ")):
        numbers = range(int(first), int(last or first) + 1)
        found |= {f"{kind.upper()}{number}" for number in numbers}
    return found


@pytest.fixture(scope="module")
def examples(specification) -> list[tuple[set[str], str]]:
    """The worked examples of sections 4 to 8: the ids of one, and its text."""
    sections = re.split(r"^## (?=\d)", specification, flags=re.M)
    wanted = "".join(part for part in sections if part[:2] in ("4.", "5.", "6.", "7.", "8."))
    rows = re.findall(r"^\| ?([A-Z]+\d[^|]*)\|(.*)$", wanted, flags=re.M)
    prose = re.findall(r"\b(CI\d)\b(.*?)(?=\bCI\d\b|\n)", wanted)
    return [(ids(name), text) for name, text in [*rows, *prose]]


@pytest.fixture(scope="module")
def unit_tests() -> list[str]:
    """The dbt unit tests: the name and the description of each."""
    files = (project_root() / "models").rglob("*unit_tests.yml")
    rules = "".join(path.read_text() for path in files)
    return re.findall(r"^  - name: .*?(?=\n    model:)", rules, flags=re.M | re.S)


def test_the_specification_names_its_examples(examples):
    specified = set().union(*(found for found, _ in examples))
    assert {"S11", "PF10", "PT4", "CI8", "G19", "U8", "K13"} <= specified
    assert len(specified) == 74


def test_every_worked_example_is_a_test_under_its_id(examples, unit_tests):
    specified = set().union(*(found for found, _ in examples))
    assert sorted(specified - ids(" ".join(unit_tests))) == []


@pytest.mark.parametrize(("example", "words", "name"), TWINS)
def test_every_twin_is_in_the_text_and_a_test_of_its_own(
    examples, unit_tests, example, words, name
):
    assert any(example in found and words in text for found, text in examples)
    assert example in ids(name.split("_if_")[0])
    assert sum(one.startswith(f"  - name: {name}\n") for one in unit_tests) == 1


def test_the_text_has_no_twin_that_is_not_listed(examples):
    unlisted = [
        (sorted(found), match.group(0))
        for found, text in examples
        for match in ANOTHER_VALUE.finditer(text)
        if next(filter(None, match.groups())) not in NO_TWIN
        and not any(one in found and match.group(0) in words for one, words, _ in TWINS)
    ]
    assert unlisted == []
