"""A label that begins like a formula is text in a spreadsheet, and nothing is lost on the way."""

import csv
import io
import stat
import sys

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from myelomart.cli import main
from myelomart.display.table import Table
from myelomart.input_file import read_table
from myelomart.results import PAIRS, Results, write_results
from myelomart.spreadsheet import as_it_was, as_text, read_back, safe

FORMULAS = [
    '=HYPERLINK("http://x","y")', "@SUM(1)", "+1+cmd|' /C calc'!A0", "-2+3+cmd|'/C calc'!A0",
    "\t=1", "\r=1", "\n=1", "＝1+1", "=A1", "-A1", "+Age", "-1 (A1)", "- =1", "-1 (=1 to 2)", "'=1",
]  # fmt: skip
NUMBERS = [
    "-1", "-0.52", "+3", "-1.5e-05", "-1,234.5", "-12.3 (-26.0 to 3.1)", "-3.0 %",
    "-0.4 (-1.2–0.3)",
    "-12.4 (-15.0 to -9.9)", "-", "+", "--", "+/-", "–", "12 / 40 (30.0 %)", "", "Age, years",
    "'tis", "<0.001",
]  # fmt: skip


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_formula_is_written_as_text(cell):
    assert as_text(cell) == "'" + cell and as_it_was(as_text(cell)) == cell


@pytest.mark.parametrize("cell", NUMBERS)
def test_a_number_a_sign_and_plain_text_stay(cell):
    assert as_text(cell) == cell == as_it_was(cell)


@given(st.text(alphabet="'=+-@\t\r\n1a ().,to%", max_size=12))
def test_every_text_comes_back_as_it_was(cell):
    assert as_it_was(as_text(cell)) == cell


@given(st.text(alphabet="'=+-@\t\r\n1a ().,to%", min_size=1, max_size=12))
def test_no_text_that_is_written_begins_a_formula_with_a_name_or_a_sum(cell):
    written = as_text(cell)
    if written[0] in "=@\t\r\n" or (written[0] in "+-" and "a" in written):
        assert not any(sign.isalnum() for sign in written)


def test_a_frame_keeps_its_numbers_and_its_gaps():
    frame = pd.DataFrame(
        {"=x": ["=1", None, "-1"], "n": [-1.5, None, 2.0], "c": pd.Categorical(["@a", "b", None])}
    )
    written = safe(frame)
    assert written["n"].equals(frame["n"])
    assert list(written.columns) == ["'=x", "n", "c"]
    assert written["'=x"].isna().tolist() == [False, True, False]
    assert written["'=x"].dropna().tolist() == ["'=1", "-1"]
    assert written["c"].tolist()[:2] == ["'@a", "b"]
    back = read_back(written.astype({"c": object}))
    assert list(back.columns) == ["=x", "n", "c"] and back["=x"].dropna().tolist() == ["=1", "-1"]


def test_a_printed_table_is_safe_in_its_heads_groups_and_cells():
    table = Table("", ["", "=arm"], [["=group"], ["+row a", "-0.4 (-1.2 to 0.3)"]])
    lines = list(csv.reader(io.StringIO(table.as_csv())))
    assert lines == [["group", "row", "'=arm"], ["'=group", "'+row a", "-0.4 (-1.2 to 0.3)"]]


def test_the_results_of_a_study_are_safe_and_who_is_matched_is_private(tmp_path):
    results = Results("made_up", analysis_id="one")
    results.add("OUT-1", "percent", row_label="=1+1", arm="@a", estimate=-0.5)
    results.add_pairs(
        pd.DataFrame({"pair": [1], "cohort_id": ["c"], "person_id": [1], "treated": [True],
                      "score": [0.5]})
    )  # fmt: skip
    write_results(results, tmp_path / "made_up", {})
    rows = list(csv.DictReader((tmp_path / "made_up" / "estimates.csv").open(newline="")))
    assert (rows[0]["row_label"], rows[0]["arm"]) == ("'=1+1", "'@a")
    assert float(rows[0]["estimate"]) == -0.5
    kept = pd.read_parquet(tmp_path / "made_up" / "estimates.parquet")
    assert kept["row_label"].tolist() == ["=1+1"]
    assert stat.S_IMODE((tmp_path / "made_up" / PAIRS).stat().st_mode) == 0o600


def test_matched_rows_come_back_with_their_labels(tmp_path, monkeypatch, capsys):
    label = ["=1+1", "+", "-x", "'=1"]
    rows = [
        {"treated": k % 2, "age": 50 + k % 7 + k / 10, "=stage": label[k % 4], "x": -1.5 * k}
        for k in range(40)
    ]
    source, matched = tmp_path / "source.parquet", tmp_path / "matched.csv"
    pd.DataFrame(rows).to_parquet(source)
    words = ["match", source, "--treatment", "treated", "--covariates", "age", "--out", matched]
    monkeypatch.setattr(sys, "argv", ["myelomart", *map(str, words)])
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code, capsys.readouterr().err
    lines = list(csv.DictReader(matched.open(newline="")))
    assert {line["'=stage"] for line in lines} <= {"'=1+1", "+", "'-x", "''=1"}
    assert set(read_table(matched)["=stage"]) <= set(label)
    assert stat.S_IMODE(matched.stat().st_mode) == 0o600
