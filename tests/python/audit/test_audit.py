"""The auditor: nothing on a consistent table, its one finding on every single mutation of it."""

import pandas as pd
import pytest

from myelomart.audit import audit
from myelomart.audit.printed_rows import half_up, printed_rows, read_printed
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


# issues of the reference whose numbers contradict each other; docs/audit.md says which need reading
BY_ARITHMETIC = {
    "CVP-I2", "SAL-I1", "SAL-I2", "SAL-I5", "SAL-I6", "SAL-I8", "SAL-I13", "PRG-I1", "PRG-I2",
    "PRG-I3", "PRG-I4", "PRG-I5", "PRG-I6", "PRG-I7", "PRG-I8", "PRG-I10", "PRG-I11", "PRG-I12",
    "PRG-I13", "PRG-I27",
}  # fmt: skip


def test_the_contradictions_of_the_five_documents_are_found(shared_data):
    path = shared_data.parent / "reference" / "published_results.csv"
    issue = pd.read_csv(path, dtype=str).fillna("").set_index("row_id")["issue_id"]
    found = audit(read_printed(path))
    told = {
        code for one in found for row in one.rows for code in issue[row].split(";") if code
    }  # fmt: skip
    assert told >= BY_ARITHMETIC
    certain = [one for one in found if one.level == "contradiction"]
    without_issue = [one for one in certain if not any(issue[row] for row in one.rows)]
    assert without_issue == []  # nothing but what the reference knows
