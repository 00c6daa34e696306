"""`dbt build` alone lands, builds, and passes every data test and unit test of the project."""

import json


def test_every_node_of_the_project_is_built_or_passes(small):
    told = json.loads((small / "target" / "run_results.json").read_text())["results"]
    project = json.loads((small / "target" / "manifest.json").read_text())
    nodes = {
        key
        for key, node in project["nodes"].items()
        if node["resource_type"] in ("model", "seed", "test")
        and node["config"]["materialized"] != "ephemeral"
    }
    built = {one["unique_id"] for one in told if one["status"] in ("success", "pass")}
    assert len(project["unit_tests"]) > 400
    assert nodes | set(project["unit_tests"]) <= built
