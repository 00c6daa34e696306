"""The way of the data: strictly left to right, and Python reads only the `studies` schema."""

import json
import re
from pathlib import Path

import pytest
import yaml
from dbt.cli.main import dbtRunner

from myelomart.project import project_root

# the ideas of `clinical` stand in one order of their own: models/clinical/_clinical__groups.yml
LAYERS = ["omop", "clinical", "cohorts", "outcomes", "studies"]
SIDE_LAYERS = {"exports", "qc"}  # they look at every layer, only `studies` looks at qc
SAYS_OF_THE_SOURCE = {
    "cohort_attrition": {"person"},
    "study_sources": {"person", "cdm_source", "landed_sources"},
}
READS_SOURCES = {"sources", "quality"}  # before there is a warehouse
READS_MARTS = {"adam", "explore", "ohdsi"}  # ask core, cohorts, qc, the vocabulary; only to read


def dbt(*command: str, parsed=None):
    """What a command of dbt returns, run in this process; ``parsed`` saves parsing once more."""
    root = ["--project-dir", str(project_root()), "--profiles-dir", str(project_root())]
    done = dbtRunner(manifest=parsed).invoke(["--quiet", *command, *root])
    assert done.success, done.exception
    return done.result


@pytest.fixture(scope="module")
def target(tmp_path_factory) -> Path:
    """Where dbt puts what it reads of the project."""
    return tmp_path_factory.mktemp("target")


@pytest.fixture(scope="module")
def parsed(target):
    """What dbt read of the project."""
    places = ["--target-path", str(target), "--log-path", str(target)]
    return dbt("parse", "--no-partial-parse", *places)


@pytest.fixture(scope="module")
def selected(parsed, tmp_path_factory):
    """What gives the models that a build with these options would select."""
    folder = str(tmp_path_factory.mktemp("ls"))
    places = ["--target-path", folder, "--log-path", folder, "--output", "name"]

    def select(*options: str) -> set[str]:
        return set(dbt("ls", "--resource-type", "model", *places, *options, parsed=parsed))

    return select


@pytest.fixture(scope="module")
def manifest(parsed, target) -> dict:
    return json.loads((target / "manifest.json").read_text())


def models(manifest: dict) -> dict[str, dict]:
    return {
        key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"
    }


def layer_of(node: dict) -> str:
    return node["path"].split("/")[0]


def ideas() -> list[str]:
    """The clinical ideas in their order, each a folder and a dbt group."""
    file = project_root() / "models" / "clinical" / "_clinical__groups.yml"
    return [group["name"] for group in yaml.safe_load(file.read_text())["groups"]]


def idea_of(node: dict) -> str:
    return node["path"].split("/")[1]


def is_clinical(node: dict) -> bool:
    return layer_of(node) == "clinical"


def children(manifest: dict) -> dict[str, list[dict]]:
    """What reads each model, tests and exposures left out."""
    found = {node["name"]: [] for node in models(manifest).values()}
    for node, parent in reads(manifest):
        found[parent["name"]].append(node)
    return found


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
        and LAYERS.index(layer_of(parent)) > LAYERS.index(layer_of(node))
    ]
    assert wrong == []


def test_an_idea_reads_only_ideas_before_it(manifest):
    order = ideas()
    wrong = [
        f"{node['name']} of {idea_of(node)} reads {parent['name']} of {idea_of(parent)}"
        for node, parent in reads(manifest)
        if is_clinical(node)
        and is_clinical(parent)
        and order.index(idea_of(parent)) > order.index(idea_of(node))
    ]
    assert wrong == []


def test_every_idea_is_a_folder_a_group_and_a_tag(manifest):
    folder = project_root() / "models" / "clinical"
    assert sorted(ideas()) == sorted(path.name for path in folder.iterdir() if path.is_dir())
    for node in models(manifest).values():
        if is_clinical(node):
            assert node["group"] == idea_of(node), node["name"]
            assert idea_of(node) in node["tags"], node["name"]


def test_marts_are_public_and_what_one_idea_alone_reads_is_private(manifest):
    readers = children(manifest)
    for node in models(manifest).values():
        if not is_clinical(node):
            continue
        if node["config"]["schema"] == "core":
            assert node["access"] == "public", node["name"]
            assert not node["name"].startswith("int_"), node["name"]
        else:
            assert node["name"].startswith("int_"), node["name"]
            assert node["access"] != "public", node["name"]
        if node["access"] == "protected":
            outside = [child for child in readers[node["name"]] if child["group"] != node["group"]]
            tested = [
                test
                for test in manifest["nodes"].values()
                if test["resource_type"] == "test"
                and "test_metadata" not in test
                and node["unique_id"] in test["depends_on"]["nodes"]
            ]
            assert outside or tested, f"{node['name']} could be private"


def test_after_the_clinical_ideas_only_marts_are_read(manifest):
    right = LAYERS[LAYERS.index("cohorts") :]
    wrong = [
        f"{node['name']} reads {parent['name']}"
        for node, parent in reads(manifest)
        if layer_of(node) in right
        and layer_of(parent) in LAYERS[: LAYERS.index("cohorts")]
        and parent["config"]["schema"] != "core"
        and parent["name"] not in SAYS_OF_THE_SOURCE.get(node["name"], ())
    ]
    assert wrong == []


def test_only_omop_reads_sources_and_qc_what_the_landing_says_of_them(manifest):
    wrong = [
        f"{node['name']} reads {parent}"
        for node in models(manifest).values()
        for parent in node["depends_on"]["nodes"]
        if parent.startswith("source.")
        and layer_of(node) != "omop"
        and not (layer_of(node) == "qc" and parent.startswith("source.myelomart.landing."))
    ]
    assert wrong == []


def test_every_model_belongs_to_a_layer_and_says_what_a_row_is(manifest):
    for node in models(manifest).values():
        assert layer_of(node) in {*LAYERS, *SIDE_LAYERS}, node["name"]
        assert node["description"].startswith("One row"), node["name"]


def test_marts_and_engines_are_under_contract(manifest):
    for node in models(manifest).values():
        if (
            layer_of(node) in LAYERS[LAYERS.index("cohorts") :]
            and node["config"]["materialized"] == "table"
            or node["config"]["schema"] == "core"
        ):
            assert node["config"]["contract"]["enforced"], node["name"]


def test_every_model_states_its_grain_and_every_table_is_tested_for_it(manifest):
    tested = {
        test["attached_node"]
        for test in manifest["nodes"].values()
        if test.get("test_metadata", {}).get("name") == "grain"
    }
    for key, node in models(manifest).items():
        assert node["config"]["meta"].get("grain"), f"{node['name']} states no meta.grain"
        if node["config"]["materialized"] != "ephemeral":
            assert key in tested, f"{node['name']} has no grain test"


def test_models_hold_no_control_flow():
    pattern = re.compile(r"{%-?\s*(if|for|set)\b")
    found = [
        file.name
        for file in (project_root() / "models").rglob("*.sql")
        if pattern.search(file.read_text())
    ]
    assert found == []


def test_python_reads_only_the_studies_schema():
    schemas = "|".join(["omop", "intermediate", "core", "cohorts", "outcomes", "qc"])
    pattern = re.compile(rf"\b(from|join)\s+({schemas})\.\w+", re.IGNORECASE)
    package = project_root() / "scripts" / "myelomart"
    found = [
        f"{file.name}: {match.group(0)}"
        for file in package.rglob("*.py")
        if file.relative_to(package).parts[0] not in READS_SOURCES | READS_MARTS
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


def test_the_documentation_opens_on_the_house_with_all_its_layers(manifest):
    told = manifest["docs"]["doc.myelomart.__overview__"]["block_contents"]
    assert [layer for layer in [*LAYERS, *SIDE_LAYERS, "seeds"] if layer not in told] == []
    drawn = [
        idea for idea in re.findall(r"\w+", told[told.index("records >") :]) if idea in ideas()
    ]
    assert drawn[: len(ideas())] == ideas()


def test_every_exposure_and_group_has_an_owner_and_every_idea_its_tag(manifest):
    owned = [*manifest["exposures"].values(), *manifest["groups"].values()]
    assert owned and all(one["owner"]["name"] for one in owned)
    for node in filter(is_clinical, models(manifest).values()):
        assert node["config"]["group"] == idea_of(node) and idea_of(node) in node["tags"]


def readers(manifest: dict, names: set[str]) -> set[str]:
    """These models and all that reads them, however far on."""
    found, new = set(), set(names)
    by_name = children(manifest)
    while new:
        found |= new
        new = {child["name"] for name in new for child in by_name[name]} - found
    return found


def test_the_tag_of_an_idea_selects_it_and_all_that_follows(manifest, selected):
    lines = {node["name"] for node in models(manifest).values() if "lines" in node["tags"]}
    before = {parent["name"] for node, parent in reads(manifest) if node["name"] in lines} - lines
    chosen = selected("--select", "tag:lines+")
    assert chosen == readers(manifest, lines)
    assert lines < chosen and before and not before & chosen


def test_what_changed_since_a_former_manifest_is_selected_alone(manifest, selected, tmp_path):
    former = json.loads(json.dumps(manifest))
    former["nodes"]["model.myelomart.int_lines_dated"]["raw_code"] += "-- as it was"
    (tmp_path / "manifest.json").write_text(json.dumps(former))
    state = ["--state", str(tmp_path), "--select"]
    assert selected(*state, "state:modified") == {"int_lines_dated"}
    assert selected(*state, "state:modified+") == readers(manifest, {"int_lines_dated"})
