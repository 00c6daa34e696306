"""What changed between two runs, and why: from their manifests and estimates."""

import json
from contextlib import ExitStack
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from myelomart import warehouse
from myelomart.cli import app
from myelomart.errors import MyelomartError
from myelomart.lineage import read_origin
from myelomart.other_rules import opened_beside
from myelomart.report.difference import as_text, compare_runs
from myelomart.results import Results, write_results

FACTS = {"study_id": "made_up", "Rule set": "default", "inputs": {"cdm.person": ["a"]},
         "models": {"study_covariates": "1"}, "seeds": {"one": 1}, "Version": "1"}  # fmt: skip


def run(folder, estimate: float, labels=("Age",), **facts):
    results = Results("made_up")
    for label in labels:
        results.add("OUT-1", "median", row_label=label, arm="All", estimate=estimate)
    write_results(results, folder, FACTS | facts)
    return folder


def test_the_same_run_twice_has_no_cause_and_no_change(tmp_path):
    told = compare_runs(run(tmp_path / "a", 60.0), run(tmp_path / "b", 60.0))
    one = told["studies"]["made_up"]
    assert (one["causes"], one["changed"], one["unchanged"]) == ({}, [], 1)
    assert "data, code, rules and seeds are the same" in as_text(told)


@pytest.mark.parametrize(
    ("facts", "cause", "words"),
    [
        ({"inputs": {"cdm.person": ["b"]}}, "data", "inputs: cdm.person"),
        ({"Rule set": "strict"}, "rules", "Rule set: default → strict"),
        ({"models": {"study_covariates": "2"}}, "rules", "models: study_covariates"),
        ({"seeds": {"one": 2}}, "seed", "seeds: one"),
        ({"Version": "2"}, "code", "Version: 1 → 2"),
    ],
)
def test_a_change_is_told_with_its_cause(tmp_path, facts, cause, words):
    told = compare_runs(run(tmp_path / "a", 60.0), run(tmp_path / "b", 61.0, **facts))
    one = told["studies"]["made_up"]
    assert one["causes"] == {cause: [words]}
    assert one["changed"][0]["values"] == {"estimate": [60.0, 61.0]}
    assert "~ OUT-1 · Age · All · median: estimate 60 → 61" in as_text(told)


def test_rows_that_come_and_go_are_named(tmp_path):
    told = compare_runs(
        run(tmp_path / "a", 60.0, ("Age", "Sex")), run(tmp_path / "b", 60.0, ("Age", "Race"))
    )["studies"]["made_up"]
    assert told["added"] == ["OUT-1 · Race · All · median"]
    assert told["removed"] == ["OUT-1 · Sex · All · median"]


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(MyelomartError, match="There are no results"):
        compare_runs(tmp_path, tmp_path)


def test_the_command_prints_text_or_json(tmp_path):
    first, second = run(tmp_path / "a", 60.0), run(tmp_path / "b", 61.0)
    command = ["report", "--diff", str(first), str(second)]
    assert "1 changed" in CliRunner().invoke(app, command).stdout
    told = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    assert told["studies"]["made_up"]["unchanged"] == 0


def test_a_hash_follows_the_sql_of_a_model_and_all_behind_it():
    def kept(cut_off: str) -> dict:
        with warehouse.scratch() as connection:
            connection.execute("create schema studies")
            assert read_origin(connection).models == {}  # built by a version that kept nothing
            connection.execute(f"""
                create table studies.built_nodes as
                from (values
                    ('seed.limits', 'clinical_rules', 'limits', '{cut_off}', cast([] as varchar[])),
                    ('model.labs', 'core', 'labs', 'b', ['seed.limits']),
                    ('model.a', 'studies', 'study_covariates', 'c', ['model.labs']),
                    ('model.b', 'studies', 'study_category_order', 'd', [])
                ) as nodes (node_id, schema_name, node_name, sql_hash, reads)
            """)
            connection.execute("create table studies.built_from as select '{}' as manifest")
            return read_origin(connection).models

    first, other = kept("1"), kept("2")
    assert set(first) == {"study_covariates", "study_category_order"}
    assert first["study_covariates"] != other["study_covariates"]  # a cut-off moved
    assert first["study_category_order"] == other["study_category_order"]


def test_a_warehouse_beside_differs_in_its_rule_set_alone(tmp_path):
    def built(name: str, rules: str, cut_off: str = "1", read: str = "f00d") -> Path:
        told = {"name": "cdm", "tables": {"person": {"files": [{"sha256": read}]}}}
        with duckdb.connect(str(tmp_path / name)) as made:
            made.execute(f"""
                create schema studies;
                create table studies.built_nodes as
                select 'seed.a' as node_id, 'rules' as schema_name, 'a' as node_name,
                    '{cut_off}' as sql_hash, cast([] as varchar[]) as reads;
                create table studies.built_from as
                select '{json.dumps({"sources": [told]})}' as manifest;
                create table studies.study_rule_set as select '{rules}' as rule_set
            """)
        return tmp_path / name

    mine, registry = built("mine.duckdb", "default"), built("registry.duckdb", "registry")
    refused = {
        "rule set «default», as": [built("again.duckdb", "default")],
        "rule set «registry», as": [registry, built("twice.duckdb", "registry")],
        "not built from the same files": [built("files.duckdb", "strict", read="beef")],
        "or with other seeds": [built("seeds.duckdb", "strict", cut_off="2")],
    }
    with warehouse.database(mine) as connection, ExitStack() as until:
        assert list(opened_beside(connection, [registry], until)) == ["registry"]
    for said, files in refused.items():
        with (
            warehouse.database(mine) as connection,
            ExitStack() as until,
            pytest.raises(MyelomartError, match=said),
        ):
            opened_beside(connection, files, until)
