"""The checks find every fault that was planted in a clean CDM, and nothing in the clean one."""

import json
import os
import re
from pathlib import Path

import pytest

from myelomart import warehouse
from myelomart.errors import QualityError
from myelomart.project import project_root
from myelomart.quality import door
from myelomart.sources.landing import Source, land
from myelomart_synthetic.network import make_network

SHARED = Path(os.environ.get("MYELOMART_SHARED", project_root().parent / "shared"))
SYNTHEA = SHARED / "data" / "omop_synthea27nj"

# fault: the table, what its rows become, the check that finds it, and how many rows it counts
FAULTS = {
    "duplicate keys": (
        "condition_occurrence",
        "select * from {t} union all (select * from {t} order by 1 limit 7)",
        "condition_occurrence row_is_repeated", 7,
    ),
    "orphan persons": (
        "drug_exposure",
        "select * replace (if(drug_exposure_id % 1000 = 3, 99999999, person_id) as person_id)"
        " from {t}",
        "drug_exposure person_is_unknown", None,
    ),
    "orphan visits": (
        "procedure_occurrence",
        "select * replace (if(procedure_occurrence_id % 1000 = 3, 777, visit_occurrence_id)"
        " as visit_occurrence_id) from {t}",
        "procedure_occurrence visit_is_unknown", None,
    ),
    "dates in 1800 and 2099": (
        "measurement",
        "select * replace (case measurement_id % 50000 when 3 then date '1800-01-01'"
        " when 4 then date '2099-01-01' else measurement_date end as measurement_date,"
        " if(measurement_id % 50000 = 5, -value_as_number - 1, value_as_number) as value_as_number,"
        " if(measurement_id % 50000 = 6, 424242, measurement_concept_id) as measurement_concept_id,"
        " if(measurement_id % 20000 < 300, 8753, unit_concept_id) as unit_concept_id) from {t}",
        "measurement date_is_impossible", None,
    ),
    "end before start": (
        "visit_occurrence",
        "select * replace (if(visit_occurrence_id % 1000 = 3, visit_start_date - 9, visit_end_date)"
        " as visit_end_date) from {t}",
        "visit_occurrence end_is_before_start", None,
    ),
    "unknown sex and a birth in 1850": (
        "person",
        "select * replace (if(person_id % 20 = 3, 0, gender_concept_id) as gender_concept_id,"
        " if(person_id = 9, 1850, year_of_birth) as year_of_birth) from {t}",
        "person gender_is_unknown", None,
    ),
    "deaths before everything": (
        "death",
        "select * replace (date '1990-01-01' as death_date) from {t}",
        "measurement event_is_after_death", None,
    ),
}  # fmt: skip
FOUND_BESIDE = {
    "person birth_year_is_impossible",
    "measurement value_is_negative",
    "measurement concept_is_unknown",
    "measurement units_are_mixed",
}


def rewritten(cdm, target):
    """The CDM with every fault of FAULTS."""
    target.mkdir()
    faults = {table: query for table, query, *_ in FAULTS.values()}
    with warehouse.scratch() as connection:
        for path in sorted(cdm.glob("*.parquet")):
            source = f"read_parquet({warehouse.literal(path)})"
            query = faults.get(path.stem, "select * from {t}").format(t=source)
            connection.execute(f"copy ({query}) to {warehouse.literal(target / path.name)}")


@pytest.fixture(scope="module")
def clean_cdm(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clean") / "cdm"
    make_network(300, 2, 5, folder, 0.8)
    return folder


@pytest.fixture(scope="module")
def dirty(clean_cdm, tmp_path_factory):
    folder = tmp_path_factory.mktemp("dirty")
    rewritten(clean_cdm, folder / "cdm")
    manifest = land([Source("cdm", str(folder / "cdm"))], folder / "landing", lambda line: None)
    return folder / "landing", manifest, door.check(folder / "landing", manifest)


def found(result):
    """The checks that did not pass. That some records belong to no concept set is no fault."""
    return {
        f"{one['table']} {one['check']}": one
        for one in result["checks"]
        if one["status"] != "passed"
        and (one["check"], one["status"]) != ("records_are_not_recognised", "noted")
    }


def test_a_clean_cdm_passes_every_check(clean_cdm, tmp_path):
    manifest = land([Source("cdm", str(clean_cdm))], tmp_path / "landing", lambda line: None)
    result = door.check(tmp_path / "landing", manifest)
    assert found(result) == {}
    assert result["summary"]["passed"] > 150
    assert result["rows_set_aside"] == []


@pytest.mark.parametrize("fault", FAULTS)
def test_each_planted_fault_is_found(dirty, fault):
    _, _, result = dirty
    _, _, check, rows = FAULTS[fault]
    assert check in found(result)
    if rows is not None:
        assert found(result)[check]["failing"] == rows


def test_faults_beside_the_main_ones_are_found(dirty):
    assert found(dirty[2]).keys() >= FOUND_BESIDE


def test_rows_set_aside_are_counted_and_kept_with_the_reason(dirty):
    landing, manifest, result = dirty
    taken = {one["table"]: one["rows"] for one in result["rows_set_aside"]}
    assert taken.keys() == {"condition_occurrence", "drug_exposure", "measurement"}
    with warehouse.scratch() as connection:
        kept = dict(
            warehouse.rows(
                connection,
                f"select table_name, count(*) from '{landing}/rows_set_aside/**/*.parquet' "
                "where reason != '' and row_as_json is not null group by 1",
            )
        )
        assert kept == taken
        for table in taken:
            left = warehouse.value(
                connection, f"select count(*) from '{landing}/{table}/**/*.parquet'"
            )
            assert left + taken[table] == manifest["sources"][0]["tables"][table]["rows"]
        doubled = warehouse.value(
            connection,
            "select count(*) - count(distinct condition_occurrence_id) "
            f"from '{landing}/condition_occurrence/**/*.parquet'",
        )
    assert doubled == 0


def test_a_second_check_sees_the_source_as_it_came(dirty):
    landing, manifest, result = dirty
    (landing / door.RESULT).unlink()
    again = door.check(landing, manifest)
    assert again["checks"] == result["checks"]
    assert again["rows_set_aside"] == result["rows_set_aside"]


def test_blocking_failures_stop_unless_they_are_accepted(dirty):
    _, _, result = dirty
    with pytest.raises(QualityError, match="--accept-quality"):
        door.refuse_blocking(result, False, lambda line: None)
    door.refuse_blocking(result, True, lambda line: None)


def test_the_page_is_one_file_without_network_or_rows_of_patients(dirty):
    landing, _, result = dirty
    page = (landing / door.PAGE).read_text(encoding="utf-8")
    assert not re.search(r"(src|href)=|@import|<script|https?://", page)
    for one in result["checks"]:
        assert one["meaning"].split(";")[0].split("'")[0] in page
        assert one["what_to_do"].split("'")[0] in page
    assert "99999999" not in page
    assert "99999999" not in json.dumps(result)


def test_every_check_says_what_it_means_and_where_it_belongs(dirty):
    for one in dirty[2]["checks"]:
        assert one["category"] in ("conformance", "completeness", "plausibility")
        assert one["level"] in ("table", "field", "concept")
        assert one["severity"] in ("blocking", "warning")
        assert len(one["meaning"]) > 30
        assert one["what_to_do"].endswith(".")


@pytest.mark.skipif(not SYNTHEA.exists(), reason=f"the Synthea CDM is not at {SYNTHEA}")
def test_a_real_cdm_passes_with_its_true_warnings(tmp_path):
    manifest = land([Source("cdm", str(SYNTHEA))], tmp_path / "landing", lambda line: None)
    result = door.check(tmp_path / "landing", manifest)
    assert result["summary"]["blocking"] == 0
    warnings = {name: one["failing"] for name, one in found(result).items()}
    source = result["sources"][0]
    assert (source["release_date"], source["persons"], source["persons_with_myeloma"]) == (
        "2022-10-10", 28, 0,
    )  # fmt: skip
    assert warnings == {
        "concept_ancestor descendants_are_missing": 1,
        "drug_exposure days_supply_is_above_a_year": 461,  # orders that were never ended
        "condition_occurrence visit_is_missing": 1,
        "drug_exposure visit_is_missing": 4,
        "drug_exposure days_supply_is_not_positive": 95,  # a supply of 0 days
        "measurement value_is_missing": 885,
        "measurement value_is_beyond_hard_limits": 40,  # total protein: g/L under the name g/dL
        "measurement months_are_nearly_empty": 31,  # 28 people: some months have hardly a test
    }
