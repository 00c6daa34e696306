"""What changed between two runs, and why: from their manifests and estimates."""

import json

import pytest
from typer.testing import CliRunner

from myelomart.cli import app
from myelomart.errors import MyelomartError
from myelomart.lineage import keep_lineage, read_lineage
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


def test_a_hash_follows_the_sql_of_a_model_and_all_behind_it(tmp_path):
    def kept(cut_off: str, name: str) -> dict:
        nodes = {
            "seed.limits": node("limits", "seed", "clinical_rules", checksum=cut_off),
            "model.labs": node("labs", "model", "core", reads=["seed.limits"]),
            "model.a": node("study_covariates", "model", "studies", reads=["model.labs"]),
            "model.b": node("study_levels", "model", "studies"),
        }
        for one in nodes.values():
            one["database"] = name
        (tmp_path / "manifest.json").write_text(json.dumps({"nodes": nodes}))
        keep_lineage(tmp_path / "manifest.json", tmp_path)
        return read_lineage(tmp_path)

    first, same, other = kept("1", "x"), kept("1", "y"), kept("2", "x")
    assert set(first) == {"study_covariates", "study_levels"}
    assert first == same  # the same SQL in another file
    assert first["study_covariates"] != other["study_covariates"]  # a cut-off moved
    assert first["study_levels"] == other["study_levels"]


def node(name: str, kind: str, schema: str, reads=(), checksum="") -> dict:
    return {
        "name": name, "resource_type": kind, "schema": schema, "checksum": {"checksum": checksum},
        "compiled_code": f"select * from {name}" if kind == "model" else None,
        "depends_on": {"nodes": list(reads)},
    }  # fmt: skip
