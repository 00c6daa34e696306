"""The patient's page: what it says of a small history, and of a person who is not there."""

from datetime import date, timedelta

import pytest

from myelomart import warehouse
from myelomart.errors import MyelomartError
from myelomart.timeline import QUERIES, History, as_page, read_history

START = date(2020, 1, 1)


def day(number: int) -> date:
    return START + timedelta(days=number)


@pytest.fixture
def history() -> History:
    rows = {name: [] for name in QUERIES}
    rows["patient"] = [("Site 1", "female", 1950, day(0), "A", day(500), day(1000), None)]
    rows["drugs"] = [
        ("bortezomib", "core", day(0), day(200)),
        ("cyclophosphamide", "core", day(0), day(100)),
        ("cyclophosphamide", "lymphodepletion", day(595), day(597)),
    ]
    rows["lines"] = [
        (1, day(0), day(200), "VCd", "FIRST", "PROGRESSION"),
        (2, day(600), day(600), "ide-cel", "CART", "ONGOING"),
    ]
    rows["infusions"] = [(day(600), "ide_cel", day(558), True, day(595))]
    rows["progressions"] = [(day(500),)]
    rows["responses"] = [(1, "VGPR")]
    rows["labs"] = [
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
        connection.execute("create schema core")
        columns = {
            "patients": "site_id text, sex text, year_of_birth int, myeloma_diagnosis_date date,"
            "myeloma_rule text, rrmm_date date, last_contact_date date, death_date date",
            "lines_of_therapy": "line_number int, line_start_date date, line_end_date date,"
            "regimen_name text, start_reason text, end_reason text",
            "drug_exposures": "ingredient text, role text, start_date date, end_date date",
            "cell_therapies": "infusion_date date, product text, apheresis_date date,"
            "is_apheresis_imputed boolean, lymphodepletion_start_date date",
            "transplants": "transplant_date date, kind text",
            "line_responses": "line_number int, best_response text",
            "progressions": "progression_date date",
            "labs": "lab text, measured_date date, value double, unit text, quality text",
        }
        for table, types in columns.items():
            connection.execute(f"create table core.{table} (person_id bigint, {types})")
        with pytest.raises(MyelomartError, match=r"core\.patients has no person"):
            read_history(connection, 7)
