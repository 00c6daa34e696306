"""Every worked example of the specification is a test under its id.

The specification is not part of the repository: without it the test is skipped and says so. The
ids are read from the worked examples of sections 4 to 8; each is a dbt unit test.
"""

import re

import pytest

from myelomart.project import project_root

ID = re.compile(r"\b(S|PF|PT|CI|G|U|K)(\d{1,2})(?:\s*(?:–|-|to|_to_)\s*\1?(\d{1,2}))?\b", re.I)


def ids(text: str) -> set[str]:
    """The ids in ``text``, ranges such as G1–G5 or s1_to_s11 spelt out."""
    found = set()
    for kind, first, last in ID.findall(text.replace("_", " ")):
        numbers = range(int(first), int(last or first) + 1)
        found |= {f"{kind.upper()}{number}" for number in numbers}
    return found


@pytest.fixture(scope="module")
def specified(specification) -> set[str]:
    sections = re.split(r"^## (?=\d)", specification, flags=re.M)
    wanted = "".join(part for part in sections if part[:2] in ("4.", "5.", "6.", "7.", "8."))
    rows = re.findall(r"^\| ?([A-Z]+\d[^|]*)\|", wanted, flags=re.M)
    prose = re.findall(r"\b(CI\d)\b", wanted)
    return ids(" ".join([*rows, *prose]))


def test_the_specification_names_its_examples(specified):
    assert {"S11", "PF10", "PT4", "CI8", "G19", "U8", "K13"} <= specified
    assert len(specified) == 74


def test_every_worked_example_is_a_test_under_its_id(specified):
    root = project_root()
    rules = "".join(path.read_text() for path in (root / "models").rglob("*unit_tests.yml"))
    named = re.findall(r"^  - name: .*?(?=\n    model:)", rules, flags=re.M | re.S)
    tested = ids(" ".join(named))
    assert sorted(specified - tested) == []
