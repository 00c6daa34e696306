"""The patient's page: what it says of a small history, and of a person who is not there."""

import csv
from dataclasses import replace
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
import yaml

from myelomart import warehouse
from myelomart.errors import MyelomartError
from myelomart.findings import sections
from myelomart.history import (
    COLUMNS,
    Decision,
    Doubt,
    Drug,
    Flags,
    History,
    Infusion,
    Lab,
    Line,
    Patient,
    Progression,
    Refractory,
    Residual,
    Response,
    Toxicity,
    Transplant,
    Unclaimed,
    Unread,
    read_history,
)
from myelomart.project import project_root
from myelomart.timeline import as_page, as_svg

START = date(2020, 1, 1)


def day(number: int) -> date:
    return START + timedelta(days=number)


@pytest.fixture
def history() -> History:
    return History(
        1,
        Patient("Site 1", "female", 1950, day(0), "A", day(500), day(1000), None),
        lines=(
            Line(
                1,
                day(0),
                day(200),
                "VCd",
                "FIRST",
                "the first treatment",
                "PROGRESSION",
                day(500),
                None,
            ),
            Line(
                2, day(570), day(600), "ide-cel", "CART", "CAR-T cells", "ONGOING", None, day(600)
            ),
        ),
        drugs=(
            Drug("bortezomib", "core", day(0), day(200)),
            Drug("cyclophosphamide", "core", day(0), day(100)),
            Drug("cyclophosphamide", "lymphodepletion", day(595), day(597)),
            Drug("carfilzomib", "bridging", day(570), day(580)),
        ),
        infusions=(
            Infusion(day(600), "ide_cel", day(558), True, day(595), day(570), "carfilzomib", False),
            Infusion(day(700), "ide_cel", day(658), True, None, None, None, True),
        ),
        transplants=(
            Transplant(day(220), "autologous", None),
            Transplant(day(320), "autologous", "tandem"),
        ),
        responses=(Response(1, "VGPR"),),
        progressions=(Progression(day(500)),),
        labs=(
            Lab("m_protein_serum", day(-61), 9.0, "g/dL"),  # too old to be shown
            Lab("m_protein_serum", day(0), 3.0, "g/dL"),
            Lab("m_protein_serum", day(900), 0.0, "g/dL"),
        ),
    )


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
    added = "added while the line before went on"
    lines = (
        history.lines[0],
        Line(2, day(700), day(799), "Kd", "SWITCH", "", "NEXT_ADD", None, None),
        Line(3, day(800), day(900), "KRd", "ADD", added, "ONGOING", None, None),
    )
    drugs = (
        *history.drugs,
        Drug("carfilzomib", "core", day(700), day(728)),
        Drug("carfilzomib", "core", day(800), day(828)),
        Drug("lenalidomide", "core", day(800), day(828)),
    )
    page = as_page(replace(history, lines=lines, drugs=drugs))
    assert "began: lenalidomide: added while the line before went on" in page


def test_the_drawn_page_says_what_the_text_says(history):
    words = words_of(as_svg(history))
    assert "1 VCd" in words
    assert "VGPR" in words
    for part in ("carfilzomib to bridge", "progression of 2021-05-15", "infused again"):
        assert any(part in said for said in words), part
    assert {"A", "C", "tandem", "again", "serum M-protein"} <= set(words)


def test_a_page_of_who_was_never_treated_stands(history):
    for labs in (history.labs, ()):
        untreated = History(1, history.patient, labs=labs)
        assert "No line of therapy is recorded." in as_page(untreated)
        assert "No line of therapy is recorded." in words_of(as_svg(untreated))


def test_a_death_is_marked(history):
    dead = replace(history.patient, death_date=day(1000))
    page = as_page(replace(history, patient=dead), width=122)
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
    assert "serum M-protein 0 to 3 g/dL" in page


def test_no_row_is_wider_than_asked(history):
    rows = as_page(history, width=80).splitlines()[3:10]
    assert max(len(row) for row in rows) <= 80


def asked(**facts) -> dict[str, list[str]]:
    """The sections of a patient of whom nothing but ``facts`` is known."""
    who = Patient("Site 1", "female", 1950, day(0), "A", None, day(1000), None)
    return sections(History(1, who, **facts))


def test_a_page_without_findings_says_so_and_never_that_there_are_none():
    told = asked()
    assert told["Residual disease"] == ["No test is recorded: it is not known."]
    assert told["CRS and ICANS"] == ["None is recorded."]
    assert all(len(sentences) == 1 for sentences in told.values())


def test_flags_are_those_of_the_mart_whatever_they_are():
    row = '{"is_new_flag":true,"has_al_amyloidosis":false,"is_possible_smoldering":null,"sex":null}'
    assert asked(flags=(Flags(row),))["Diagnosis and flags"] == [
        "yes: new flag",
        "not known: possible smoldering",
        "no: AL amyloidosis",
    ]


def test_a_death_that_was_not_believed_says_why():
    doubt = Doubt("followed by treatment", "death_record 2021-01-01")
    (told,) = asked(doubts=(doubt,))["Diagnosis and flags"]
    assert told == (
        "death in doubt, followed by treatment; the records say: death_record 2021-01-01; "
        "no death is taken"
    )


def test_a_class_is_as_refractory_as_its_strongest_drug_and_a_drug_as_its_strongest_line():
    told = asked(
        refractory=(
            Refractory("lenalidomide", "imid", "EXPOSED", 1, None),
            Refractory("lenalidomide", "imid", "PROBABLE", 3, day(300)),
            Refractory("lenalidomide", "imid", "CONFIRMED", 2, day(200)),
            Refractory("pomalidomide", "imid", "PROBABLE", 3, day(300)),
            Refractory("daratumumab", "anti_cd38", "EXPOSED", 2, None),
        )
    )["Exposed and refractory"]
    assert told == [
        "anti CD38: exposed; daratumumab exposed",
        "IMiD: confirmed; lenalidomide confirmed in line 2 (2020-07-19), "
        "pomalidomide probable in line 3 (2020-10-27)",
    ]


def test_a_toxicity_has_its_grade_or_says_that_it_is_not_known():
    told = asked(
        toxicities=(
            Toxicity(day(1), day(3), "crs", 2, "ASTCT", "fever+hypotension"),
            Toxicity(day(2), day(2), "icans", None, None, None),
        )
    )["CRS and ICANS"]
    assert told == [
        "CRS grade 2 (ASTCT), 2020-01-02 to 2020-01-04: fever+hypotension",
        "ICANS grade not known, 2020-01-03",
    ]


def test_a_test_of_residual_disease_is_told_once_with_every_threshold():
    told = asked(
        residual=(
            Residual(day(400), "1e-5", "flow", "negative", True, day(10)),
            Residual(day(400), "1e-6", "flow", "negative", None, None),
            Residual(day(500), "1e-5", "unknown", None, None, None),
        )
    )["Residual disease"]
    assert told == [
        "2021-02-04 by flow, negative: at 1e-5 negative since 2020-01-11, at 1e-6 not known",
        "2021-05-15 by an unnamed method, result not read: at 1e-5 not known",
    ]


def test_a_cohort_says_the_first_step_not_passed():
    told = asked(
        decisions=(
            Decision("one", day(1), "in", None, None),
            Decision("two", day(2), "unknown", 4, "Creatinine below 2"),
        )
    )["Cohorts"]
    assert told == [
        "one, index 2020-01-02: in",
        "two, index 2020-01-03: out at step 4, Creatinine below 2 (not known)",
    ]


def test_no_readable_value_and_no_value_are_told_apart():
    told = asked(
        unread=(
            Unread("m_protein_serum", "no_readable_value", 2, day(1), day(9)),
            Unread("m_protein_serum", "no_value", 1, day(3), day(3)),
            Unread("creatinine", "site_unit_fault", 1, day(3), day(3)),
        )
    )["Results without a value"]
    assert told == [
        "m protein serum: 2 with no readable value, 2020-01-02 to 2020-01-10",
        "m protein serum: 1 with no value, 2020-01-04",
        "creatinine: 1 with a value set aside (site unit fault), 2020-01-04",
    ]


def test_records_that_nothing_claimed_are_counted_and_those_worth_a_look_come_first():
    many = [Unclaimed("condition", f"Z{n}", 1, None, day(1), day(1)) for n in range(14)]
    told = asked(
        unclaimed=(
            *many,
            Unclaimed("drug", "J9999", 3, "unnamed_agent", day(1), day(5)),
            Unclaimed("drug", "A1", 5, None, day(1), day(5)),
        )
    )["Records that nothing claimed"]
    assert told[0] == "14 of condition, 8 of drug"
    assert told[1] == "worth a look: J9999 (drug, 3 from 2020-01-02), unnamed agent"
    assert told[2].startswith("the most frequent: A1 (drug, 5), Z0 (condition, 1)")
    assert told[2].endswith(", and 3 codes more")


def test_both_pages_hold_every_section(history):
    told = replace(history, doubts=(Doubt("several days", "visit 2021-01-01"),))
    page, words = as_page(told).splitlines(), words_of(as_svg(told))
    for title, sentences in sections(told).items():
        assert title in page and title in words
        assert all(any(one[:30] in word for word in words) for one in sentences)


HISTORIES = """create table studies.patient_histories (
    person_id bigint, kind text, name text, detail text, note text, number double,
    start_date date, end_date date, other_date date, final_date date, reason text)"""
FACTS = [  # each value names its column, so that a wrong place shows
    ("patient", "site", "sex", "rule", 1950, 1, 2, 3, 4),
    ("line", "regimen", "why", "ending", 2, 1, 2, 3, 4),
    ("drug", "drug", "role", None, None, 1, 2, None, None),
    ("infusion", "product", "assumed", "bridging", 1, 1, 2, 3, 4),
    ("transplant", "autologous", "tandem", None, None, 1, None, None, None),
    ("response", "VGPR", None, None, 2, None, None, None, None),
    ("progression", None, None, None, None, 1, None, None, None),
    ("lab", "hemoglobin", "g/dL", None, 9.5, 1, None, None, None),
    ("flags", None, None, "{}", None, None, None, None, None),
    ("doubt", "why", None, "stated", None, None, None, None, None),
    ("refractory", "drug", "class", "PROBABLE", 2, 1, 2, 3, None),
    ("toxicity", "crs", "ASTCT", "fever", 2, 1, 2, 3, None),
    ("residual", "1e-5", "negative", "flow", 1, 1, 2, None, None),
    ("decision", "cohort", "step", "out", 4, 1, None, None, None),
    ("unread", "hemoglobin", "no_value", None, 3, 1, 2, None, None),
    ("unclaimed", "J9999", "drug", "unnamed_agent", 3, 1, 2, None, None),
]


@pytest.fixture
def stored(tmp_path):
    with warehouse.database(tmp_path / "one.duckdb", read_only=False) as connection:
        connection.execute("create schema studies")
        connection.execute(HISTORIES)
        for kind, name, detail, note, number, *days in FACTS:
            dates = [day(one) if one else None for one in days]
            connection.execute(
                "insert into studies.patient_histories values (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [kind, name, detail, note, number, *dates, "words" if kind == "line" else None],
            )
        yield connection


def test_every_kind_of_row_is_read_into_its_columns(stored):
    assert read_history(stored, 1) == History(
        1,
        Patient("site", "sex", 1950, day(1), "rule", day(3), day(2), day(4)),
        (Line(2, day(1), day(2), "regimen", "why", "words", "ending", day(3), day(4)),),
        (Drug("drug", "role", day(1), day(2)),),
        (Infusion(day(1), "product", day(3), True, day(4), day(2), "bridging", True),),
        (Transplant(day(1), "autologous", "tandem"),),
        (Response(2, "VGPR"),),
        (Progression(day(1)),),
        (Lab("hemoglobin", day(1), 9.5, "g/dL"),),
        (Flags("{}"),),
        (Doubt("why", "stated"),),
        (Refractory("drug", "class", "PROBABLE", 2, day(3)),),
        (Toxicity(day(1), day(2), "crs", 2, "ASTCT", "fever"),),
        (Residual(day(1), "1e-5", "flow", "negative", True, day(2)),),
        (Decision("cohort", day(1), "out", 4, "step"),),
        (Unread("hemoglobin", "no_value", 3, day(1), day(2)),),
        (Unclaimed("drug", "J9999", 3, "unnamed_agent", day(1), day(2)),),
    )
    assert [kind.__name__.lower() for kind in COLUMNS] == [kind for kind, *_ in FACTS]


def test_a_person_who_is_not_there_is_said_to_be_absent(stored):
    with pytest.raises(MyelomartError, match="No patient of this warehouse"):
        read_history(stored, 7)


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
