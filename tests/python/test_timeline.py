"""The patient's page: what it says of a small history, and of a person who is not there."""

import csv
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
import yaml

from myelomart import warehouse
from myelomart.errors import MyelomartError
from myelomart.project import project_root
from myelomart.timeline import COLUMNS, History, as_page, as_svg, read_history

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
        ("carfilzomib", "bridging", day(570), day(580)),
    ]
    rows["line"] = [
        (1, day(0), day(200), "VCd", "FIRST", "PROGRESSION", day(500), None, "the first treatment"),
        (2, day(570), day(600), "ide-cel", "CART", "ONGOING", None, day(600), "CAR-T cells"),
    ]
    rows["infusion"] = [
        (day(600), "ide_cel", day(558), True, day(595), day(570), "carfilzomib", False),
        (day(700), "ide_cel", day(658), True, None, None, None, True),
    ]
    rows["transplant"] = [
        (day(220), "autologous", None),
        (day(320), "autologous", "tandem"),
    ]
    rows["progression"] = [(day(500),)]
    rows["response"] = [(1, "VGPR")]
    rows["lab"] = [
        ("m_protein_serum", day(0), 3.0, "g/dL"),
        ("m_protein_serum", day(900), 0.0, "g/dL"),
    ]
    return History(1, rows)


def row_of(page: str, label: str) -> str:
    return next(line for line in page.splitlines() if line.startswith(label))[22:]


def words_of(svg: str) -> list[str]:
    """The words of a sheet; a sheet that is no XML fails."""
    return [node.text for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("text")]


def test_every_line_says_why_it_began_and_ended(history):
    page = as_page(history)
    assert "VCd          best response VGPR" in page
    assert (
        "began: bortezomib, cyclophosphamide: the first treatment; ended: progression of 2021-05-15"
        in page
    )
    assert "ide-cel      best response not known" in page
    assert "began: CAR-T cells, with carfilzomib to bridge; ended: ongoing" in page


def test_the_way_to_an_infusion_and_the_second_transplant_are_told(history):
    page = as_page(history)
    assert (
        "ide-cel: apheresis 2021-07-12 (assumed), bridging 2021-07-24 (carfilzomib), "
        "lymphodepletion 2021-08-18" in page
    )
    assert "ide-cel, infused again: apheresis 2021-10-20 (assumed), no bridging" in page
    assert "2020-11-16  autologous transplant, tandem" in page


def test_an_added_drug_is_named_without_those_that_went_on(history):
    words = "added while the line before went on"
    history.rows["line"].append((3, day(800), day(900), "KRd", "ADD", "ONGOING", None, None, words))
    history.rows["line"][1] = (2, day(700), day(799), "Kd", "SWITCH", "NEXT_ADD", None, None, "")
    history.rows["drug"] += [
        ("carfilzomib", "core", day(700), day(728)),
        ("carfilzomib", "core", day(800), day(828)),
        ("lenalidomide", "core", day(800), day(828)),
    ]
    assert "began: lenalidomide: added while the line before went on" in as_page(history)


def test_the_drawn_page_says_what_the_text_says(history):
    words = words_of(as_svg(history))
    assert "1 VCd" in words
    assert "VGPR" in words
    for part in ("carfilzomib to bridge", "progression of 2021-05-15", "infused again"):
        assert any(part in said for said in words), part
    assert {"A", "C", "tandem", "again", "serum M-protein"} <= set(words)


def test_a_page_of_who_was_never_treated_stands(history):
    history.rows.update({kind: [] for kind in COLUMNS if kind not in ("patient", "lab")})
    assert "No line of therapy is recorded." in as_page(history)
    assert "No line of therapy is recorded." in words_of(as_svg(history))
    history.rows["lab"] = []
    assert "No line of therapy is recorded." in words_of(as_svg(history))


def test_a_death_is_marked(history):
    history.rows["patient"] = [(*history.rows["patient"][0][:-1], day(1000))]
    page = as_page(history, width=122)
    assert row_of(page, "progression, death")[-1] == "D"
    assert "died 2022-09-27" in page.splitlines()[1]


def test_bars_and_marks_stand_where_their_days_are(history):
    page = as_page(history, width=122)  # 100 characters for 1000 days
    assert row_of(page, "bortezomib") == "=" * 20
    assert row_of(page, "cyclophosphamide").strip("= ") in ("l", "ll")
    assert row_of(page, "progression, death").index("P") == 49
    assert row_of(page, "transplant, CAR-T").index("C") == 59
    assert row_of(page, "serum M-protein")[0] == "#"
    assert row_of(page, "serum M-protein")[-1] == "."


def test_no_row_is_wider_than_asked(history):
    rows = as_page(history, width=80).splitlines()[3:10]
    assert max(len(row) for row in rows) <= 80


def test_a_person_who_is_not_there_is_said_to_be_absent(tmp_path):
    with warehouse.database(tmp_path / "empty.duckdb", read_only=False) as connection:
        connection.execute("create schema studies")
        connection.execute(
            "create table studies.patient_histories (person_id bigint, kind text, name text,"
            "detail text, note text, number double, start_date date, end_date date,"
            "other_date date, final_date date, reason text)"
        )
        with pytest.raises(MyelomartError, match="No patient of this warehouse"):
            read_history(connection, 7)


def test_every_reason_for_which_a_line_may_begin_has_words():
    seed = project_root() / "seeds" / "clinical_rules" / "line_actions.csv"
    with seed.open(encoding="utf-8") as file:
        actions = list(csv.DictReader(file))
    assert [row["action"] for row in actions if not row["words"]] == []
    openers = {row["action"] for row in actions if row["opens_line"] == "true"}
    path = project_root() / "models" / "clinical" / "lines" / "_lines__models.yml"
    models = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    columns = next(m for m in models if m["name"] == "lines_of_therapy_by_rule_set")["columns"]
    (test,) = next(c for c in columns if c["name"] == "start_reason")["data_tests"]
    assert openers == set(test["accepted_values"]["arguments"]["values"])
