"""The generated CDM: repeatable, clean by default, faulty exactly where planted."""

import json
from pathlib import Path

import duckdb
import numpy as np
import pytest

from myelomart.errors import MyelomartError
from myelomart.project import project_root
from myelomart_synthetic import kinetics
from myelomart_synthetic.constants import rows
from myelomart_synthetic.network import make_network
from myelomart_synthetic.schema import table_schema

DATES = {
    "condition_occurrence": "condition_start_date",
    "drug_exposure": "drug_exposure_start_date",
    "procedure_occurrence": "procedure_date",
    "measurement": "measurement_date",
    "observation": "observation_date",
    "device_exposure": "device_exposure_start_date",
}


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.glob("*.parquet"))}


def truth_of(cdm: Path) -> Path:
    return cdm.parent / f"{cdm.name}.truth"


def ask(cdm: Path, query: str) -> list[tuple]:
    with duckdb.connect() as connection:
        for folder, schema in ((cdm, "cdm"), (truth_of(cdm), "truth")):
            connection.execute(f"create schema {schema}")
            for file in folder.glob("*.parquet"):
                connection.execute(f"create view {schema}.{file.stem} as from '{file}'")
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("network") / "cdm"
    make_network(700, 4, 7, out, myeloma_share=0.6)
    return out


def test_same_seed_same_bytes_whatever_the_chunk(network, tmp_path):
    make_network(700, 4, 7, tmp_path / "cdm", myeloma_share=0.6, chunk=130)
    assert bytes_of(network) == bytes_of(tmp_path / "cdm")
    assert bytes_of(truth_of(network)) == bytes_of(truth_of(tmp_path / "cdm"))


def test_another_seed_is_another_network(network, tmp_path):
    make_network(100, 4, 8, tmp_path / "cdm", myeloma_share=0.6)
    other = ask(tmp_path / "cdm", "select year_of_birth from cdm.person order by person_id")
    first = ask(network, "select year_of_birth from cdm.person order by person_id limit 100")
    assert other != first


def test_a_network_without_myeloma_and_one_with_nothing_else(tmp_path):
    for share, patients in ((0.0, 0), (1.0, 20)):
        make_network(20, 1, 3, tmp_path / f"cdm{patients}", myeloma_share=share)
        found = ask(tmp_path / f"cdm{patients}", "select count(*) from truth.patients")
        assert found == [(patients,)]


def test_every_table_has_all_columns_of_the_standard(network):
    for table in {row["cdm_table"] for row in rows("cdm_columns")}:
        found = ask(network, f"select column_name from (describe cdm.{table})")
        assert [name for (name,) in found] == table_schema(table).names


@pytest.mark.parametrize(("table", "day"), DATES.items())
def test_events_lie_in_their_visit_in_observation_and_before_death(network, table, day):
    wrong = ask(
        network,
        f"""
        select count(*), count(*) - count(distinct {table}_id)
        from cdm.{table} as event
        left join cdm.visit_occurrence as visit using (visit_occurrence_id)
        left join cdm.observation_period as period on event.person_id = period.person_id
        left join cdm.death as death on event.person_id = death.person_id
        where not coalesce(
            visit.person_id = event.person_id
            and {day} between visit_start_date and visit_end_date
            and {day} between observation_period_start_date and observation_period_end_date
            and {day} <= coalesce(death_date, date '2099-01-01'), false)
        """,
    )
    assert wrong == [(0, 0)]


def test_no_drug_before_its_launch(network):
    launched = {row["product"]: row["launch"] for row in rows("drugs")}
    found = ask(
        network,
        """
        select concept_name, min(drug_exposure_start_date) from cdm.drug_exposure
        inner join cdm.concept on drug_concept_id = concept_id group by 1
        """,
    )
    assert len(found) > 20
    assert [name for name, day in found if str(day) < launched[name]] == []


def test_codes_appear_only_from_their_start(network):
    found = ask(
        network,
        """
        select min(condition_start_date) from cdm.condition_occurrence
        where replace(condition_source_value, '.', '') like 'D8983%'
        """,
    )
    assert str(found[0][0]) >= "2020-10-01"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_code_is_written_outside_the_days_on_which_it_meant_that(seed, tmp_path):
    make_network(1500, 3, seed, tmp_path / "cdm", 0.6, lean=True)
    seeds = project_root() / "seeds" / "concept_sets" / "concept_set_members.csv"
    written = " union all ".join(
        f"""
        select vocabulary_id, concept_code as code, {day} as day
        from cdm.{table} inner join cdm.concept
            on {table.split("_")[0]}_source_concept_id = concept_id
        """
        for table, day in DATES.items()
    )
    own = [(row["code"], row["valid_from"], row["valid_to"]) for row in rows("procedures")]
    own += [(row["icd10cm"], row["valid_from"], "") for row in rows("conditions")]
    own += [(row["source_code"], row["code_from"], "") for row in rows("drugs")]
    listed = ", ".join(f"('{code}', '{first}', '{last}')" for code, first, last in own if code)
    query = f"""
        with written as ({written}),
        members as (
            select vocabulary_id, code, valid_from, valid_to, include_descendants
            from read_csv('{seeds}', header = true, all_varchar = true)
        ),
        own as (from (values {listed}) as own (code, valid_from, valid_to))
        select 'member', written.code, min(day), max(day) from written inner join members
            on written.vocabulary_id = members.vocabulary_id and (
                written.code = members.code
                or members.include_descendants = 'true' and written.vocabulary_id like 'ICD%'
                and starts_with(replace(written.code, '.', ''), replace(members.code, '.', ''))
            )
        where day < try_cast(valid_from as date) or day > try_cast(valid_to as date) group by 1, 2
        union all
        select 'own row', code, min(day), max(day) from written inner join own using (code)
        where day < try_cast(valid_from as date) or day > try_cast(valid_to as date) group by 1, 2
    """
    assert ask(tmp_path / "cdm", query) == []


def test_every_concept_used_is_in_the_vocabulary(network):
    for table, column in (
        ("condition_occurrence", "condition_concept_id"),
        ("drug_exposure", "drug_concept_id"),
        ("measurement", "measurement_concept_id"),
        ("measurement", "unit_concept_id"),
        ("observation", "observation_concept_id"),
        ("visit_occurrence", "visit_concept_id"),
        ("provider", "specialty_concept_id"),
    ):
        missing = ask(
            network,
            f"""
            select distinct {column} from cdm.{table}
            where {column} is not null and {column} not in (select concept_id from cdm.concept)
            """,
        )
        assert missing == [], (table, column)


def test_clinical_drugs_descend_from_the_known_ingredient(network):
    found = ask(
        network,
        """
        select count(*) from cdm.drug_exposure
        inner join cdm.concept_ancestor on drug_concept_id = descendant_concept_id
        where ancestor_concept_id = 43014237
        """,
    )
    assert found[0][0] > 100


def test_planted_outcomes_are_recorded_on_their_day(network):
    """Every pneumonia planted in the arm received is a record, unless follow-up ended before."""
    found = ask(
        network,
        """
        with planted as (
            select
                person_id,
                clock_start_date + case arm when 'car_t' then day_if_car_t
                    else day_if_pomalidomide end as planted_date,
                least(coalesce(death_date, last_contact_date), last_contact_date) as last_date
            from truth.outcomes inner join truth.patients using (person_id)
            where outcome = 'pneumonia'
        )
        select count(*), count(*) filter (where exists (
            select 1 from cdm.condition_occurrence as record
            where record.person_id = planted.person_id
                and condition_start_date = planted_date and condition_concept_id = 255848))
        from planted where planted_date <= last_date
        """,
    )
    assert found[0][0] > 5
    assert found[0][0] == found[0][1]


def test_the_truth_is_not_inside_the_cdm(network):
    assert not {file.stem for file in truth_of(network).glob("*")} & {
        file.stem for file in network.glob("*.parquet")
    }


def test_folders_hold_the_same_rows_as_one_folder(network, tmp_path):
    make_network(700, 4, 7, tmp_path / "cdm", myeloma_share=0.6, folders=True)
    query = "select count(*), sum(value_as_number) from read_parquet('{}')"
    with duckdb.connect() as connection:
        one = connection.execute(query.format(network / "measurement.parquet")).fetchone()
        many = connection.execute(query.format(tmp_path / "cdm/*/measurement.parquet")).fetchone()
    assert one[0] == many[0]
    assert np.isclose(one[1], many[1])


def test_a_folder_holds_its_own_site_only(tmp_path):
    make_network(200, 4, 7, tmp_path / "cdm", myeloma_share=0.6, folders=True)
    for number in range(1, 5):
        for table, column in (
            ("care_site", "care_site_id"),
            ("location", "location_id"),
            ("provider", "care_site_id"),
            ("person", "care_site_id"),
            ("visit_occurrence", "care_site_id"),
        ):
            query = f"select distinct {column} from cdm.{table}"
            assert ask(tmp_path / "cdm" / f"site_{number}", query) == [(number,)], table


def test_immunofixation_is_negative_in_complete_response_only(network):
    found = ask(
        network,
        """
        with fixed as (
            select person_id, measurement_date as day, value_source_value as result
            from cdm.measurement where measurement_source_value in ('25700-6', '13440-3')
        ),
        placed as (
            select fixed.person_id, day, result, max(line_number) as line_number
            from fixed inner join truth.lines as lines
                on fixed.person_id = lines.person_id
                and coalesce(infusion_date, line_start_date) <= day
            group by 1, 2, 3
        )
        select result, best_response in ('CR', 'sCR') as is_complete, count(*)
        from placed inner join truth.lines as lines using (person_id, line_number) group by 1, 2
        """,
    )
    counts = {(result, complete): count for result, complete, count in found}
    assert counts["Negative", True] > 1000
    assert counts["Positive", False] > 500
    assert ("Negative", False) not in counts


def test_clonal_cells_are_absent_in_stringent_response_only(network):
    found = ask(
        network,
        """
        with marrow as (
            select person_id, observation_date as day, value_as_string as result
            from cdm.observation where observation_source_value = 'CLONAL-PC'
        ),
        placed as (
            select marrow.person_id, day, result, max(line_number) as line_number
            from marrow inner join truth.lines as lines
                on marrow.person_id = lines.person_id
                and coalesce(infusion_date, line_start_date) <= day
            group by 1, 2, 3
        )
        select distinct best_response
        from placed inner join truth.lines as lines using (person_id, line_number)
        where result = 'absent'
        """,
    )
    assert found == [("sCR",)]


def test_residual_disease_moves_no_other_row_of_the_network(tmp_path, monkeypatch):
    make_network(150, 4, 7, tmp_path / "with", myeloma_share=0.9)
    monkeypatch.setattr(kinetics, "emit_mrd", lambda *_: None)
    make_network(150, 4, 7, tmp_path / "without", myeloma_share=0.9)
    for file in sorted((tmp_path / "without").glob("*.parquet")):
        if file.name in ("concept.parquet", "vocabulary.parquet"):
            continue
        own = "where measurement_source_value not like 'MRD-%'"
        both = [
            duckdb.sql(
                f"from '{folder / file.name}' {own if file.name == 'measurement.parquet' else ''}"
            ).fetchall()
            for folder in (tmp_path / "with", tmp_path / "without")
        ]
        assert both[0] == both[1], file.name
    assert ask(
        tmp_path / "with",
        "select count(*) > 20 from cdm.measurement where measurement_source_value like 'MRD-%'",
    ) == [(True,)]


def test_a_negative_test_of_residual_disease_reads_less_than_what_its_assay_sees(network):
    found = ask(
        network,
        """
        select
            measurement_source_value,
            operator_concept_id = 4171756 as is_below,
            min(value_as_number),
            max(value_as_number) <= 5
        from cdm.measurement
        where measurement_source_value like 'MRD-%'
        group by all
        order by all
        """,
    )
    lowest = {(code, is_below): value for code, is_below, value, _ in found}
    assert lowest["MRD-FLOW", True] == 0.001
    assert lowest["MRD-NGS", True] == 0.0001
    assert lowest["MRD-FLOW", False] >= 0.001
    assert lowest["MRD-NGS", False] >= 0.0001
    assert all(is_share for *_, is_share in found)


def test_physicians_work_at_the_site_and_in_the_specialty_of_the_visit(network):
    found = ask(
        network,
        """
        select visit_source_value, specialty_source_value, count(*),
            count(*) filter (where visit.care_site_id = provider.care_site_id)
        from cdm.visit_occurrence as visit inner join cdm.provider using (provider_id)
        group by all order by all
        """,
    )
    everything = ask(network, "select count(*) from cdm.visit_occurrence")
    assert sum(count for _, _, count, _ in found) == everything[0][0]
    assert all(count == same for _, _, count, same in found)
    pairs = {(kind, specialty) for kind, specialty, *_ in found}
    assert ("emergency", "93") in pairs
    assert {specialty for kind, specialty in pairs if kind == "emergency"} == {"93"}
    assert {specialty for kind, specialty in pairs if kind == "outpatient"} == {"01", "83"}
    bortezomib = ask(
        network,
        """
        select distinct specialty_source_value from cdm.drug_exposure
        inner join cdm.provider using (provider_id)
        inner join cdm.concept on drug_concept_id = concept_id
        where concept_name like 'bortezomib%'
        """,
    )
    assert bortezomib == [("83",)]


def test_an_unknown_scenario_is_a_sentence(tmp_path):
    with pytest.raises(MyelomartError, match="published, null"):
        make_network(10, 1, 1, tmp_path / "cdm", scenario="nonsense")


def test_the_network_as_fhir_has_a_resource_for_each_row_and_says_its_profiles(tmp_path):
    counts = make_network(30, 1, 7, tmp_path / "cdm", myeloma_share=0.9, fhir=True)
    found: dict[str, list[dict]] = {}
    for path in (tmp_path / "cdm.fhir").glob("*.ndjson"):
        text = path.read_text(encoding="utf-8")
        assert ":null" not in text  # JSON of FHIR has no missing values
        for line in text.splitlines():
            resource = json.loads(line)
            found.setdefault(resource["resourceType"], []).append(resource)
    drugs = found["MedicationDispense"] + found["MedicationAdministration"]
    for resources, table in (
        (found["Patient"], "person"),
        (found["Encounter"], "visit_occurrence"),
        (found["Condition"], "condition_occurrence"),
        (found["Procedure"], "procedure_occurrence"),
        (drugs, "drug_exposure"),
    ):
        assert len(resources) == counts[table]
    assert len(found["Observation"]) == counts["measurement"] + counts["observation"]
    people = {f"Patient/{one['id']}" for one in found["Patient"]}
    subjects = {one["subject"]["reference"] for kind in found.values() for one in kind
                if "subject" in one}  # fmt: skip
    assert subjects <= people
    profiles = {
        one["meta"]["profile"][0].rsplit("/", 1)[1] for kind in found.values() for one in kind
    }
    assert {
        "mcode-cancer-patient", "mcode-primary-cancer-condition", "mcode-tumor-marker-test",
        "mcode-cancer-related-medication-request", "mcode-cancer-disease-status",
        "mcode-cancer-related-medication-administration", "mcode-ecog-performance-status",
    } <= profiles  # fmt: skip


@pytest.mark.parametrize("other", ["dirty", "folders"])
def test_fhir_is_one_folder_without_faults(tmp_path, other):
    with pytest.raises(MyelomartError, match="--fhir writes one folder without faults"):
        make_network(10, 1, 7, tmp_path / "cdm", fhir=True, **{other: True})


def test_dirty_differs_from_clean_exactly_where_listed(network, tmp_path):
    dirty = tmp_path / "cdm"
    make_network(700, 4, 7, dirty, myeloma_share=0.6, dirty=True)
    listed = ask(
        dirty, "select fault, cdm_table, cdm_column, count(*) from truth.faults group by all"
    )
    assert {fault for fault, *_ in listed} == {row["fault"] for row in rows("faults")}
    with duckdb.connect() as connection:
        for table in {table for _, table, _, _ in listed}:
            changed = connection.execute(
                f"select count(*) from (from '{dirty}/{table}.parquet' except all "
                f"from '{network}/{table}.parquet')"
            ).fetchone()
            planted = sum(count for _, name, _, count in listed if name == table)
            assert changed[0] == planted, table


def test_every_broken_file_is_listed(tmp_path):
    make_network(50, 1, 7, tmp_path / "cdm", myeloma_share=0.5, dirty=True)
    listed = ask(tmp_path / "cdm", "select folder, file from truth.broken_files")
    assert len(listed) == 9
    assert all((tmp_path / "cdm.broken" / folder / file).exists() for folder, file in listed)


def test_no_outcome_lies_in_the_window_that_was_not_planted(tmp_path):
    """The first record of each coded outcome after index is the planted one, in both arms."""
    make_network(2500, 4, 11, tmp_path / "cdm", myeloma_share=1.0, lean=True)
    codes = {}
    conditions = {row["item"]: row for row in rows("conditions")}
    for row in rows("outcomes"):
        if row["kind"] in ("condition", "dialysis"):
            codes[row["outcome"]] = [
                conditions[item]["icd10cm"] for item in row["items"].split("|")
            ]
    listed = ", ".join(
        f"('{outcome}', '{code.replace('.', '')}')"
        for outcome, found in codes.items()
        for code in found
    )
    first = ask(
        tmp_path / "cdm",
        f"""
        with codes(outcome, code) as (values {listed}),
        recorded as (
            select person_id, outcome, min(condition_start_date - clock_start_date) as day
            from cdm.condition_occurrence
            inner join codes on replace(condition_source_value, '.', '') = code
            inner join truth.patients using (person_id)
            where arm <> 'neither' and condition_start_date > index_date
                and condition_start_date <= clock_start_date + 365
            group by all
        )
        select count(*), count(*) filter (where day is distinct from case arm
            when 'car_t' then day_if_car_t else day_if_pomalidomide end)
        from recorded
        inner join truth.outcomes using (person_id, outcome)
        inner join truth.patients using (person_id)
        """,
    )
    assert first[0][0] > 300
    assert first[0][1] == 0
