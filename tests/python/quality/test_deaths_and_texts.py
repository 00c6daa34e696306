"""Deaths, codes and texts through a whole build: each source is a CDM that is odd in one place."""

import pytest
from spoilt_cdm import TABLES, rows, write_cdm

from compiled_models import land_and_check
from myelomart import warehouse
from myelomart.sources.landing import Source

# the last visit, dose and result of everybody lies in 2018, so a death of 2022 holds
FORMS = ["C90.00", "ICD10CM:C90.00", "|C90.00|", "C9000", "9732/3", "9732/3-C42.1", "C90.00^MM"]
TEXTS = ["3.0 g/dL", "1.0 L", "2.40 (H)", "1,2", "0.9 *"]


def with_deaths(*lines):
    found = rows(2)
    found["death"] = list(lines)
    return found


def of_forms():
    found = rows(len(FORMS))
    for n, line in enumerate(found["condition_occurrence"]):
        found["condition_occurrence"][n] = line.replace("C90.00", FORMS[n // 2])
    found["death"] = []
    return found


def of_texts():
    found = rows(1)
    for n, line in enumerate(found["measurement"]):
        cells = line.split(",")
        cells[5], cells[8] = "", f'"{TEXTS[n]}"'
        found["measurement"][n] = ",".join(cells)
    found["death"] = []
    return found


def with_discharge(concept, text, day):
    found = with_deaths()
    found["visit_occurrence"].append(f"900,1,9201,2018-08-01,{day},32817,{concept},{text}")
    return found


SOURCES = {
    "refuted": with_deaths("1,2018-03-20,32815", "1,2022-06-01,32817"),
    "disagree": with_deaths("1,2022-06-05,32815", "1,2022-06-01,32817"),
    "alive": with_deaths("1,2018-03-20,32817"),
    "no_day": with_deaths("1,,32817"),
    "placeholder": with_deaths("1,1900-01-01,32817"),
    "by_concept": with_discharge(4216643, "", "2018-08-09"),
    "by_text": with_discharge(0, 20, "2018-08-09"),
    "home": with_discharge(581476, "01", "2018-08-09"),
    "coded": with_deaths(),
    "version_6": with_deaths(),
    "version_6_no_day": with_deaths(),
    "version_6_open": with_deaths(),
    "refuted_cause": with_deaths("1,2018-03-20,32815", "1,2022-06-01,32817"),
    "forms": of_forms(),
    "texts": of_texts(),
}
VERSION_6 = {
    "version_6": "2020-04-05 13:00:00",
    "version_6_no_day": "1900-01-01 00:00:00",
    "version_6_open": "9999-12-31 00:00:00",
}


@pytest.fixture(scope="module")
def built(models, tmp_path_factory):
    folder = tmp_path_factory.mktemp("odd")
    for name, found in SOURCES.items():
        write_cdm(folder / name, found)
    (folder / "coded" / "observation.csv").write_text(
        "observation_id,person_id,observation_concept_id,observation_date,"
        "observation_type_concept_id,observation_source_value\n"
        "1,1,4306655,2019-02-03,32817,death\n"
    )
    for name, day in VERSION_6.items():
        people = [TABLES["person"] + ",death_datetime", *(f"{p}," for p in rows(2)["person"])]
        people[1] = people[1].replace(",1950,", ",,") + day
        (folder / name / "person.csv").write_text("\n".join(people) + "\n")
    (folder / "refuted_cause" / "death.csv").write_text(
        "person_id,death_date,death_type_concept_id,cause_source_value\n"
        "1,2018-03-20,32815,C90.00\n1,2022-06-01,32817,I21.9\n2,2022-06-01,32817,C90.00\n"
    )
    sources = [Source(name, str(folder / name)) for name in SOURCES]
    land_and_check(sources, folder / "landing")
    database = folder / "odd.duckdb"
    assert models.over(folder / "landing").build(database) == []
    with warehouse.database(database) as connection:
        yield connection


DEATHS = {  # of person 1: day of death, last contact, refuted, day unknown
    "refuted": ("2022-06-01", "2022-06-01", False, False),
    "disagree": ("2022-06-01", "2022-06-01", False, False),
    "alive": (None, "2018-07-01", True, False),
    "no_day": (None, "2018-07-01", False, True),
    "placeholder": (None, "2018-07-01", False, True),
    "by_concept": ("2018-08-09", "2018-08-09", False, False),
    "by_text": ("2018-08-09", "2018-08-09", False, False),
    "home": (None, "2018-08-01", False, False),
    "coded": ("2019-02-03", "2019-02-03", False, False),
    "version_6": ("2020-04-05", "2020-04-05", False, False),
    "version_6_no_day": (None, "2018-07-01", False, True),
    "version_6_open": (None, "2018-07-01", False, False),
}


@pytest.mark.parametrize("name", DEATHS)
def test_a_death_is_neither_lost_nor_invented(built, name):
    found = warehouse.rows(
        built,
        """
        select
            cast(death_date as varchar), cast(last_contact_date as varchar), is_death_invalidated,
            is_death_date_unknown
        from core.patients where source_name = ? order by source_person_id
        """,
        [name],
    )
    assert found[0] == DEATHS[name]
    assert found[1] == (None, "2018-07-01", False, False)


def test_deaths_in_doubt_are_listed_with_what_was_taken(built):
    found = dict(warehouse.rows(built, "select source_name, doubt from qc.deaths_in_doubt"))
    assert found == {
        "refuted": "one day of several is followed by treatment",
        "disagree": "several days",
        "alive": "followed by treatment",
        "no_day": "day unknown",
        "placeholder": "day unknown",
        "version_6_no_day": "day unknown",
        "refuted_cause": "one day of several is followed by treatment",
        "by_concept": "no record of death itself",
        "by_text": "no record of death itself",
        "coded": "no record of death itself",
    }
    told = warehouse.rows(
        built,
        "select source_name, found_count from studies.study_quality "
        "where finding_group = 'Deaths' and finding = 'day unknown' order by 1",
    )
    assert told == [("no_day", 1), ("placeholder", 1), ("version_6_no_day", 1)]


def test_a_refuted_record_of_death_says_nothing_of_the_cause(built):
    found = warehouse.rows(
        built,
        "select source_person_id, is_from_myeloma from intermediate.int_deaths_by_cause as causes "
        "inner join core.patients as patients using (person_id) "
        "where source_name = 'refuted_cause' order by 1",
    )
    assert found == [(1, False), (2, True)]


def test_everybody_with_a_myeloma_code_is_a_patient_however_it_is_written(built):
    found = warehouse.rows(
        built,
        "select source_person_id from core.patients where source_name = 'forms' order by 1",
    )
    assert [person for (person,) in found] == list(range(1, len(FORMS) + 1))
    assert warehouse.value(built, "select count(*) from qc.diagnoses_unclaimed") == 0


def test_numbers_are_read_out_of_their_texts_and_the_rest_is_counted(built):
    read = dict(
        warehouse.rows(
            built, "select source_text, value from core.labs where source_name = 'texts'"
        )
    )
    assert read == {"3.0 g/dL": 3.0, "1.0 L": 1.0, "2.40 (H)": 2.4, "1,2": None, "0.9 *": 0.9}
    unread = warehouse.rows(
        built,
        "select lab, source_unit, source_text, reason, result_count, person_count "
        "from qc.results_unread where source_name = 'texts'",
    )
    assert unread == [("m_protein_serum", "g/dL", "1,2", "no_number", 1, 1)]
