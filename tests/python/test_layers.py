"""The way of the data: strictly left to right, and Python reads only the `studies` schema."""

import json
import re
import subprocess
import sys

import pytest

from myelomart.project import project_root

# one idea's mart feeds the next idea (lines feed responses, labs feed toxicity), so that the ideas
# of intermediate and the marts of core are one step of the way
SAME_STEP = {"intermediate": "core"}
LAYERS = ["staging", "omop", "intermediate", "core", "cohorts", "outcomes", "studies"]
SIDE_LAYERS = {"exports", "qc"}  # they look at every layer, only `studies` looks at qc
READS_SOURCES = {"sources", "quality"}  # before there is a warehouse


@pytest.fixture(scope="module")
def manifest(tmp_path_factory) -> dict:
    target = tmp_path_factory.mktemp("target")
    command = [sys.executable, "-m", "dbt.cli.main", "--quiet", "parse", "--no-partial-parse"]
    command += ["--target-path", str(target), "--project-dir", str(project_root())]
    subprocess.run([*command, "--profiles-dir", str(project_root())], check=True)
    return json.loads((target / "manifest.json").read_text())


def models(manifest: dict) -> dict[str, dict]:
    return {
        key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"
    }


def layer_of(node: dict) -> str:
    return node["path"].split("/")[0]


def step_of(node: dict) -> int:
    return LAYERS.index(SAME_STEP.get(layer_of(node), layer_of(node)))


def reads(manifest: dict):
    """Every pair of a model and a model it reads."""
    nodes = models(manifest)
    for node in nodes.values():
        for parent in node["depends_on"]["nodes"]:
            if parent in nodes:
                yield node, nodes[parent]


def test_no_model_reads_to_its_right(manifest):
    wrong = [
        f"{node['name']} reads {parent['name']}"
        for node, parent in reads(manifest)
        if layer_of(node) in LAYERS
        and layer_of(parent) in LAYERS
        and step_of(parent) > step_of(node)
    ]
    assert wrong == []


def test_core_is_the_boundary_of_what_comes_after_it(manifest):
    right = LAYERS[LAYERS.index("cohorts") :]
    wrong = [
        f"{node['name']} reads {parent['name']}"
        for node, parent in reads(manifest)
        if layer_of(node) in right and layer_of(parent) in LAYERS[: LAYERS.index("core")]
        if (node["name"], parent["name"]) != ("cohort_attrition", "person")  # counts the source
    ]
    assert wrong == []


def test_only_staging_reads_sources(manifest):
    wrong = [
        node["name"]
        for node in models(manifest).values()
        if layer_of(node) != "staging"
        and any(parent.startswith("source.") for parent in node["depends_on"]["nodes"])
    ]
    assert wrong == []


def test_every_model_belongs_to_a_layer_and_says_what_a_row_is(manifest):
    for node in models(manifest).values():
        assert layer_of(node) in {*LAYERS, *SIDE_LAYERS}, node["name"]
        assert node["description"].startswith("One row"), node["name"]


def test_marts_and_engines_are_under_contract(manifest):
    for node in models(manifest).values():
        if (
            layer_of(node) in LAYERS[LAYERS.index("core") :]
            and node["config"]["materialized"] == "table"
        ):
            assert node["config"]["contract"]["enforced"], node["name"]


def test_models_hold_no_control_flow():
    pattern = re.compile(r"{%-?\s*(if|for|set)\b")
    found = [
        file.name
        for file in (project_root() / "models").rglob("*.sql")
        if pattern.search(file.read_text())
    ]
    assert found == []


def test_python_reads_only_the_studies_schema():
    schemas = "|".join(["staging", "omop", "intermediate", "core", "cohorts", "outcomes", "qc"])
    pattern = re.compile(rf"\b(from|join)\s+({schemas})\.\w+", re.IGNORECASE)
    package = project_root() / "scripts" / "myelomart"
    found = [
        f"{file.name}: {match.group(0)}"
        for file in package.rglob("*.py")
        if file.relative_to(package).parts[0] not in READS_SOURCES
        for match in pattern.finditer(file.read_text())
        if not match.group(0).startswith("from core import")
    ]
    assert found == []


def test_lines_fit_a_screen_unless_they_hold_a_macro_call():
    found = [
        f"{file.name}:{number}"
        for file in (project_root() / "models").rglob("*.sql")
        for number, line in enumerate(file.read_text().splitlines(), start=1)
        if len(line) > 120 and "{{" not in line and not line.lstrip().startswith(("'", "~"))
    ]
    assert found == []
