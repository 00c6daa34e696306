"""The auditor: nothing on a consistent table, its one finding on every single mutation of it."""

import re

import pandas as pd
import pytest

from myelomart.audit import audit
from myelomart.audit.printed_rows import half_up, number, printed_rows, read_printed
from myelomart.errors import StatisticsError
from myelomart.project import project_root

# a made-up paper of 60 patients, 20 with a trait and 40 without, in which everything fits
CONSISTENT = project_root() / "tests" / "fixtures" / "audit" / "consistent.csv"


def table() -> pd.DataFrame:
    frame = pd.read_csv(CONSISTENT, dtype=str, keep_default_na=False)
    return frame.set_index("row_id", drop=False)


def checks_of(frame: pd.DataFrame) -> set[str]:
    return {finding.check for finding in audit(printed_rows(frame.reset_index(drop=True)))}


def test_nothing_is_found_on_a_consistent_table():
    assert audit(printed_rows(table().reset_index(drop=True))) == []


@pytest.mark.parametrize(
    ("row", "column", "value", "check"),
    [
        ("B2", "estimate", "41.6", "percent"),
        ("F3", "numerator", "81", "impossible"),
        ("D3", "estimate", "105", "impossible"),
        ("H1", "estimate", "70", "order"),
        ("D1", "ci_low", "19.0", "order"),
        ("H1", "iqr_low", "70", "order"),
        ("E1", "estimate", "0.80", "ratio_in_the_middle"),
        ("E1", "p_value", "0.02", "ratio_and_p"),
        ("E2", "ci_low", "0.9", "ratio_and_p"),
        ("A4", "p_value", "0.17", "p_and_counts"),
        ("D4", "estimate", "71.0", "curve"),
        ("D3", "estimate", "48.0", "curve"),
        ("A1", "numerator", "41", "total"),
        ("C1", "numerator", "59", "total"),
        ("C3", "numerator", "13", "total"),
        ("B3", "numerator", "14", "levels"),
        ("F1", "estimate", "16", "flow"),
        ("G2", "numerator", "49", "grades"),
        ("D2", "estimate", "560", "repeat"),
        ("H2", "numerator", "43", "repeat"),
        ("K9", "numerator", "32", "union"),
        ("L2", "estimate", "14", "overlap"),
        ("L1", "estimate", "6", "overlap"),
        ("L4", "estimate", "8", "overlap"),
        ("M0", "p_value", "0.0075", "transitions"),
        ("M5", "numerator", "20", "transitions"),
    ],
)
def test_a_single_wrong_number_is_found_by_its_check(row, column, value, check):
    frame = table()
    frame.loc[row, column] = value
    assert check in checks_of(frame)


def test_what_two_roundings_allow_is_no_finding():
    frame = table()
    frame.loc["H2", "estimate"] = "70.0"
    frame.loc["D2", "estimate"] = "544"  # 17.88 months
    assert checks_of(frame) == set()
    frame.loc["D1", ["estimate", "unit"]] = ["21.1", "months"]
    frame.loc["D2", ["estimate", "unit"]] = ["21.0", "months"]
    assert "repeat" in checks_of(frame)  # half up: 21.05 is 21.1


def test_shared_estimates_are_doubtful_and_no_contradiction():
    frame = table()
    twin = frame.loc["D1"].copy()
    twin[["row_id", "arm_or_group"]] = ["D9", "trait"]
    found = audit(printed_rows(pd.concat([frame, twin.to_frame().T]).reset_index(drop=True)))
    assert [(one.check, one.level) for one in found] == [("coincidence", "doubtful")]


def test_a_union_is_held_against_a_group_only_where_another_column_shows_it():
    frame = table()
    frame.loc["K9", ["numerator", "estimate"]] = ["32", "91.4"]
    assert checks_of(frame) == {"union"}
    renamed = frame.copy()
    renamed.loc["K9", "arm_or_group"] = "Men"
    assert checks_of(renamed) == set()  # a group across the table may have any count
    unlike = frame.copy()
    unlike.loc["J9", ["numerator", "estimate"]] = ["8", "66.7"]
    assert checks_of(unlike) == set()  # without a union that fits once, nothing is known
    other_size = frame.copy()
    other_size.loc["K9", ["numerator", "denominator"]] = ["32", "36"]
    other_size.loc["K9", "estimate"] = "88.9"
    assert checks_of(other_size) == set()  # 36 are not the 35 of the union


def test_kinds_that_overlap_as_they_may_are_no_finding():
    frame = table()
    frame.loc["L4", "estimate"] = "7"  # everybody with the one had the other as well
    assert checks_of(frame) == set()
    frame.loc["L1", "estimate"] = "25"  # a third kind is named nowhere
    assert checks_of(frame) == set()
    frame.loc["L2", ["estimate", "population"]] = ["14", "of 80 others"]
    frame.loc["L1", "estimate"] = "20"
    assert checks_of(frame) == set()


@pytest.mark.parametrize(
    ("p", "checks"),
    [("2.9e-05", set()), ("0.00012", set()), ("6.4e-05", set()), ("0.0034", {"transitions"})],
)
def test_each_test_of_an_association_is_accepted_for_transitions(p, checks):
    frame = table()  # chi-square without and with correction, Fisher, none of them
    frame.loc["M0", "p_value"] = p
    assert checks_of(frame) == checks


def test_the_test_of_a_change_is_none_of_an_association_and_is_named():
    frame = table()
    frame.loc["M0", "p_value"] = "0.039"  # exact McNemar of 2 against 10
    (found,) = audit(printed_rows(frame.reset_index(drop=True)))
    assert found.check == "transitions" and "McNemar, 0.0386" in found.sentence


def test_percents_without_a_level_are_told_as_doubtful():
    frame = table()
    frame.loc[["B1", "B2"], "denominator"] = "45"
    frame.loc[["B1", "B2"], "estimate"] = ["44.4", "55.6"]
    found = audit(printed_rows(frame.reset_index(drop=True)))
    assert [(one.check, one.level) for one in found] == [("levels", "doubtful")]
    assert "the percents are of 45, without 15 III of 60" in found[0].sentence


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("16.4", 16.35, 16.45), ("16", 15.5, 16.5), ("6.4e-05", 6.35e-5, 6.45e-5), (".5", 0.45, 0.55)],
)
def test_a_printed_number_stands_for_what_rounds_to_it(text, low, high):
    read = number(text)
    assert (read.low, read.high) == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("value", "decimals", "printed"),
    [(8.45, 0, 8), (2.5, 0, 3), (16.4557, 1, 16.5), (0.125, 2, 0.13)],
)
def test_rounding_is_half_up(value, decimals, printed):
    assert half_up(value, decimals) == printed


def test_a_cell_that_is_no_number_is_refused_with_its_row(tmp_path):
    frame = table()
    frame.loc["B1", "estimate"] = "about 33"
    with pytest.raises(StatisticsError, match="row B1, column estimate"):
        printed_rows(frame.reset_index(drop=True))
    with pytest.raises(StatisticsError, match="does not exist"):
        read_printed(tmp_path / "none.csv")
    with pytest.raises(StatisticsError, match="no column row_id"):
        printed_rows(pd.DataFrame({"statistic": [], "estimate": []}))


DOCUMENTED = project_root() / "docs" / "audit.md"


def documented() -> dict[str, list[str]]:
    """Issue of the reference to the checks that the docs say find it; none: it is in words."""
    text = DOCUMENTED.read_text().partition("## The five source documents")[2]
    rows = re.findall(r"^\| (\w+-I\d+) \|([^|]*)\|", text, re.MULTILINE)
    assert len(rows) == len({issue for issue, _ in rows})
    return {issue: re.findall(r"`(\w+)`", checks) for issue, checks in rows}


def found_in_the_documents() -> tuple[list, pd.Series]:
    path = project_root() / "seeds" / "evidence" / "published_results.csv"
    issues = pd.read_csv(path, dtype=str).fillna("").set_index("row_id")["issue_id"]
    return audit(read_printed(path)), issues.str.split(";")


def test_every_issue_of_the_specification_is_judged_in_the_docs(specification):
    rows = re.findall(r"^\| ([A-Z]+-I\d+) \|", specification["inconsistencies"], re.MULTILINE)
    assert len(rows) == len(set(rows)) == 73
    assert set(documented()) == set(rows)


def test_each_issue_that_arithmetic_can_find_is_found_by_the_checks_the_docs_name():
    found, issues = found_in_the_documents()
    by_check = {(code, one.check) for one in found for row in one.rows for code in issues[row]}
    named = {(issue, check) for issue, checks in documented().items() for check in checks}
    assert len(named) > 20
    assert named <= by_check


def test_every_contradiction_of_the_documents_touches_a_row_with_an_issue():
    found, issues = found_in_the_documents()
    assert [one for one in found if not any(any(issues[row]) for row in one.rows)] == []


def test_the_numbers_of_findings_in_the_docs_are_those_found():
    found, _ = found_in_the_documents()
    certain = sum(one.level == "contradiction" for one in found)
    told = f"finds {certain} contradictions and {len(found) - certain} doubtful"
    assert told in " ".join(DOCUMENTED.read_text().split())
