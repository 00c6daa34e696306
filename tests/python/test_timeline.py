"""The patient's page: what it says of a small history, and of a person who is not there."""

from datetime import date, timedelta

import pytest

from myelomart import warehouse
from myelomart.errors import MyelomartError
from myelomart.timeline import COLUMNS, History, as_page, read_history

START = date(2020, 1, 1)


def day(number: int) -> date:
    return START + timedelta(days=number)


@pytest.fixture
def history() -> History:
    rows = {name: [] for name in COLUMNS}
    rows["patient"] = [("Site 1", "female", 1950, day(0), "A", day(500), day(1000), None)]
    rows["drug"] = [
        ("bortezomib", "core", day(0), day(200)),
        ("cyclophosphamide", "core", day(0), day(100)),
        ("cyclophosphamide", "lymphodepletion", day(595), day(597)),
    ]
    rows["line"] = [
        (1, day(0), day(200), "VCd", "FIRST", "PROGRESSION"),
        (2, day(600), day(600), "ide-cel", "CART", "ONGOING"),
    ]
    rows["infusion"] = [(day(600), "ide_cel", day(558), True, day(595))]
    rows["progression"] = [(day(500),)]
    rows["response"] = [(1, "VGPR")]
    rows["lab"] = [
        ("m_protein_serum", day(0), 3.0, "g/dL"),
        ("m_protein_serum", day(900), 0.0, "g/dL"),
    ]
    return History(1, rows)


def row_of(page: str, label: str) -> str:
    return next(line for line in page.splitlines() if line.startswith(label))[22:]


def test_every_line_says_why_it_began(history):
    page = as_page(history)
    assert "VCd          began: first treatment; ended: progression; best response VGPR" in page
    assert "ide-cel      began: CAR-T cells; ended: ongoing; best response not known" in page
    assert "apheresis 2021-07-12 (assumed)" in page


def test_bars_and_marks_stand_where_their_days_are(history):
    page = as_page(history, width=122)  # 100 characters for 1000 days
    assert row_of(page, "bortezomib") == "=" * 20
    assert row_of(page, "cyclophosphamide").strip("= ") in ("l", "ll")
    assert row_of(page, "progression").index("P") == 49
    assert row_of(page, "transplant, CAR-T").index("C") == 59
    assert row_of(page, "m protein serum")[0] == "#"
    assert row_of(page, "m protein serum")[-1] == "."


def test_no_row_is_wider_than_asked(history):
    rows = as_page(history, width=80).splitlines()[3:10]
    assert max(len(row) for row in rows) <= 80


def test_a_person_who_is_not_there_is_said_to_be_absent(tmp_path):
    with warehouse.database(tmp_path / "empty.duckdb", read_only=False) as connection:
        connection.execute("create schema studies")
        connection.execute(
            "create table studies.patient_histories (person_id bigint, kind text, name text,"
            "detail text, note text, number double, start_date date, end_date date,"
            "other_date date, final_date date)"
        )
        with pytest.raises(MyelomartError, match="No patient of this warehouse"):
            read_history(connection, 7)
