"""Rows in are rows landed, set aside and left out; whatever is done to a file."""

import importlib.util

import pytest
from landed import Landed, cells_replaced

from myelomart.errors import SourceError
from myelomart.project import project_root
from myelomart.sources.source import RowAccount

ROUNDS = 24


def test_an_account_that_does_not_close_is_refused():
    account = RowAccount("csv", rows_in=10, rows=7, rows_set_aside=1, rows_left_out=1)
    with pytest.raises(SourceError, match="measurement has 10 rows, but 7 landed, 1 were set asi"):
        account.close("measurement", "measurement.csv")
    account.rows_left_out = 2
    account.close("measurement", "measurement.csv")


def test_a_reader_that_loses_a_row_is_noticed(small_csv, tmp_path, monkeypatch):
    from myelomart.sources import text

    scan = text.scan
    monkeypatch.setattr(text, "scan", lambda *given: f"(select * from {scan(*given)} offset 1)")
    with pytest.raises(SourceError, match=r"has 3 rows, but 2 landed.*Export the table again"):
        Landed(small_csv, tmp_path / "landing")


def test_the_accounts_are_said_and_stand_in_the_landing(small_csv, tmp_path):
    cells_replaced(small_csv / "measurement.csv", "person_id", "1", "2", "2.5")
    landed = Landed(small_csv, tmp_path / "landing")
    assert "source cdm: 15 rows in = 11 landed + 4 set aside" in landed.said
    what = "table_name, form, files, rows_in, rows_landed, rows_set_aside"
    assert sorted(landed.rows("row_accounts", what)) == [
        ("measurement", "csv", 1, 12, 8, 4),
        ("person", "csv", 1, 3, 3, 0),
    ]
    what = "table_name, column_name, action, form, row_count"
    assert landed.rows("row_reasons", what) == [
        ("measurement", "person_id", "row set aside", "9.9", 4)
    ]


def test_another_zone_or_declaration_reads_the_source_again(small_cdm, tmp_path):
    Landed(small_cdm, tmp_path / "landing")
    same = Landed(small_cdm, tmp_path / "landing")
    assert any("nothing read again" in line for line in same.said)
    other = Landed(small_cdm, tmp_path / "landing", dates_shifted="site")
    assert any("2 tables read" in line for line in other.said)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_mutated_file_ends_in_a_sentence_or_with_every_row_accounted_for(number):
    """`python bench/fuzz_sources.py` tries 200; these few are always the same."""
    path = project_root() / "bench" / "fuzz_sources.py"
    specification = importlib.util.spec_from_file_location("fuzz_sources", path)
    fuzz = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(fuzz)
    name, outcome, details = fuzz.try_one(7_000_000 + number)
    assert outcome in ("landed", "sentence"), f"{name}: {details}"
