"""Every row of truth/faults is found by a check that fails, and a clean CDM fails none.

The checks count; here each is asked which rows it counted, and each planted row must be among them.
"""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from myelomart import cli, warehouse
from myelomart.errors import SourceError
from myelomart.quality import door, lookups, relations, scan
from myelomart.quality.checks import shipped_checks
from myelomart.quality.scanned import Scanned
from myelomart.quality.shapes import from_clause, shape_of
from myelomart.sources.landing import Source, land
from myelomart_synthetic.constants import rows
from myelomart_synthetic.network import make_network

# the check that each planted fault is meant for: its table and name
MEANT_FOR = {
    "duplicate_key": ("measurement", "key_is_shared"),
    "duplicate_key_condition": ("condition_occurrence", "key_is_shared"),
    "orphan_person": ("condition_occurrence", "person_is_unknown"),
    "orphan_visit": ("procedure_occurrence", "visit_is_unknown"),
    "date_in_1900": ("condition_occurrence", "date_is_before_birth"),
    "date_in_2099": ("measurement", "date_is_impossible"),
    "end_before_start": ("drug_exposure", "end_is_before_start"),
    "visit_end_before_start": ("visit_occurrence", "end_is_before_start"),
    "negative_value": ("measurement", "value_is_negative"),
    "beyond_hard_limit": ("measurement", "value_is_beyond_hard_limits"),
    "unit_missing": ("measurement", "unit_is_missing"),
    "unit_swapped": ("measurement", "light_chains_contradict_their_ratio"),
    "unknown_concept": ("drug_exposure", "concept_is_unknown"),
    "unknown_gender": ("person", "gender_is_unknown"),
    "negative_days_supply": ("drug_exposure", "days_supply_is_not_positive"),
    "drug_before_launch": ("drug_exposure", "drug_is_before_its_launch"),
    "infusion_without_myeloma": ("person", "infusion_is_without_diagnosis"),
    "event_after_death": ("measurement", "event_is_after_death"),
    "birth_in_the_future": ("person", "birth_year_is_impossible"),
}
FAILED = ("warning", "blocking")
# the column of a relation that names the planted row
IDS = {
    "infusion_is_without_diagnosis": "person_key",
    "light_chains_contradict_their_ratio": "row_id",
}


def checked(cdm: Path, landing: Path) -> dict[tuple[str, str], dict]:
    """The checks of a CDM that did not pass, by table and name."""
    manifest = land([Source("cdm", str(cdm))], landing, lambda line: None)
    result = door.check(landing, manifest)
    return {
        (one["table"], one["check"]): one
        for one in result["checks"]
        if one["status"] != "passed"
        # that some records belong to no concept set is as it should be
        and (one["check"], one["status"]) != ("records_are_not_recognised", "noted")
    }


@pytest.fixture(scope="module")
def dirty(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dirty")
    make_network(700, 3, 13, folder / "cdm", 0.5, dirty=True)
    failed = checked(folder / "cdm", folder / "landing")
    with warehouse.scratch() as connection:
        lookups.make_lookups(connection, folder / "landing", "cdm", is_trinetx=False)
        connection.execute(
            f"create table fault as from '{folder / 'cdm.truth' / 'faults.parquet'}'"
        )
        entry = json.loads((folder / "landing" / "manifest.json").read_text())["sources"][0]
        yield Scanned(connection, folder / "landing", entry), folder / "landing", failed


def rows_found(scanned: Scanned, table: str, name: str) -> str:
    """SQL for the ids of the rows (for infusions: of the persons) that fail a check."""
    path = scanned.path(table)
    check = next(
        one
        for one in scan.usable_checks(scanned, shipped_checks())
        if (one.table_name, one.check_name) == (table, name)
    )
    if check.rows_from:
        relations.make_relation(scanned, check.rows_from)
    if name == "unit_is_missing":
        return f"""
            select measurement_id as id from {path} as event
            inner join lab on event.measurement_concept_id = lab.test_key
            left join person on event.person_id = person.person_key
            inner join (from tests_of_sites where {check.fails}) as missing
                on lab.lab = missing.lab and person.site = missing.site
            where unit_concept_id is null and unit_source_value is null
        """
    if name in IDS:
        return f"select {IDS[name]} as id from {check.rows_from} where {check.fails}"
    key = shape_of(table).key
    if name == "key_is_shared":
        return f"select {key} as id from {path} group by 1 having count(*) > 1"
    source = from_clause(table, path, scan.conditions_of([check]))
    return f"""
        select event.{key} as id from {source}
        where ({check.counted or "true"}) and ({check.fails})
    """


def test_every_fault_that_the_generator_knows_is_planted_and_meant_for_a_check(dirty):
    connection = dirty[0].connection
    planted = {row[0] for row in warehouse.rows(connection, "select distinct fault from fault")}
    assert planted == MEANT_FOR.keys() == {row["fault"] for row in rows("faults")}


@pytest.mark.parametrize("fault", MEANT_FOR)
def test_every_planted_row_is_found_by_the_check_that_it_is_meant_for(dirty, fault):
    scanned, _, failed = dirty
    table, name = MEANT_FOR[fault]
    assert failed[table, name]["status"] in FAILED
    key = "person_id" if name == "infusion_is_without_diagnosis" else "row_id"
    if name == "key_is_shared":
        key = "cast(value_after as bigint)"
    planted, found = warehouse.rows(
        scanned.connection,
        f"""
        select count(*), count(*) filter (where {key} in (
            select id from ({rows_found(scanned, table, name)})
        ))
        from fault where fault = '{fault}'
        """,
    )[0]
    assert planted
    assert found == planted


@pytest.mark.parametrize(("seed", "people", "share"), [(31, 600, 0.5), (32, 1500, 0.2)])
def test_a_clean_cdm_fails_no_check(seed, people, share, tmp_path):
    make_network(people, 3, seed, tmp_path / "cdm", share)
    assert checked(tmp_path / "cdm", tmp_path / "landing") == {}


@pytest.mark.parametrize("scenario", [row["scenario"] for row in rows("scenarios")])
def test_no_scenario_fails_a_check(scenario, tmp_path):
    make_network(200, 3, 33, tmp_path / "cdm", 0.5, scenario=scenario)
    assert checked(tmp_path / "cdm", tmp_path / "landing") == {}


def exit_code_of_check(cdm: Path, out: Path) -> int:
    database = str(out / "none.duckdb")
    arguments = ["check", "--source", str(cdm), "--out", str(out), "--db", database]
    return CliRunner().invoke(cli.app, arguments).exit_code


def test_the_command_ends_with_1_when_a_check_blocks_and_leaves_both_files(dirty, tmp_path):
    _, landing, failed = dirty
    assert exit_code_of_check(landing.parent / "cdm", tmp_path) == 1
    result = json.loads((tmp_path / "quality.json").read_text())
    blocking = {
        (one["table"], one["check"]) for one in result["checks"] if one["status"] == "blocking"
    }
    assert blocking == {name for name, one in failed.items() if one["status"] == "blocking"}
    assert (tmp_path / "quality.html").read_text().startswith("<!doctype html>")


def test_the_command_ends_with_0_on_a_clean_cdm(tmp_path):
    make_network(60, 1, 4, tmp_path / "cdm", 0.5)
    assert exit_code_of_check(tmp_path / "cdm", tmp_path) == 0


REFUSED = {"empty_file": "is empty", "truncated_parquet": "is cut off"}


def test_every_broken_file_lands_or_is_refused_with_its_name(dirty, tmp_path):
    _, landing, _ = dirty
    broken = landing.parent / "cdm.broken"
    faults = {folder.name for folder in broken.iterdir() if folder.is_dir()}
    assert faults > REFUSED.keys()
    for fault in sorted(faults):
        source = [Source("cdm", str(broken / fault))]
        if fault in REFUSED:
            with pytest.raises(SourceError, match=REFUSED[fault]):
                land(source, tmp_path / fault, lambda line: None)
            continue
        manifest = land(source, tmp_path / fault, lambda line: None)
        tables = manifest["sources"][0]["tables"]
        measured = tables["measurement"]
        if fault == "version_5_3_columns":
            measured = tables["visit_occurrence"]
            assert "admitted_from_concept_id" not in measured["columns_missing"]
        emptied = 1 if fault == "text_in_number" else 0
        expected = (0 if fault == "header_only" else 200, 0, emptied)
        found = (measured["rows"], measured["rows_set_aside"], measured["cells_emptied"])
        assert found == expected, fault
