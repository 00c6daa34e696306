"""`dbt build` alone lands, builds, and passes every data test and unit test of the project.

`myelomart build` runs the SQL that dbt compiled, without dbt, and makes the same database.
"""

import json

import pytest

from myelomart import warehouse

SAID = {
    "tables": "select schema_name, table_name, comment, column_count from duckdb_tables()",
    "views": "select schema_name, view_name, comment, column_count from duckdb_views()",
    "columns": "select schema_name, table_name, column_name, data_type, is_nullable, comment "
    "from duckdb_columns()",
}
KEYS = (
    "select schema_name, table_name, constraint_type, constraint_column_names "
    "from duckdb_constraints() where database_name = ? order by all"
)


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


def test_a_data_test_asks_for_nothing_that_a_step_does_not_do(small):
    project = json.loads((small / "target" / "manifest.json").read_text())
    asked = {
        (config["severity"].lower(), config["fail_calc"], config["error_if"], config["limit"])
        for config in (
            node["config"] for node in project["nodes"].values() if node["resource_type"] == "test"
        )
    }
    assert asked == {("error", "count(*)", "!= 0", None)}


@pytest.fixture(scope="module")
def both(small, models, tmp_path_factory):
    """A connection to the database that dbt made, and to the one that its steps make."""
    made = tmp_path_factory.mktemp("steps") / "made.duckdb"
    assert models.over(small / "landing").build(made) == []
    with warehouse.scratch() as connection:
        warehouse.attach(connection, small / "myelomart.duckdb", "by_dbt")
        warehouse.attach(connection, made, "by_steps")
        yield connection


@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
def test_a_build_says_what_dbt_says_of_each(both, said):
    query = f"{said} where database_name = ? order by all"
    by_dbt, by_steps = (warehouse.rows(both, query, [name]) for name in ("by_dbt", "by_steps"))
    assert by_dbt == by_steps and len(by_dbt) > 10


@pytest.mark.parametrize("made", ["by_dbt", "by_steps"])
def test_no_table_bears_a_key_but_the_warehouses_own_notes(both, made):
    notes = ("studies", "built_nodes")
    asked = [(*notes, kind, ["node_id"]) for kind in ("NOT NULL", "PRIMARY KEY")]
    assert warehouse.rows(both, KEYS, [made]) == asked


def test_a_build_fills_each_table_and_view_as_dbt_does(both):
    names = warehouse.rows(
        both,
        "select schema_name, table_name from duckdb_tables() where database_name = 'by_dbt' "
        "union all select schema_name, view_name from duckdb_views() "
        "where database_name = 'by_dbt' and not internal",
    )
    differing = []
    for schema, name in names:
        one, other = (f'from {of}."{schema}"."{name}"' for of in ("by_dbt", "by_steps"))
        query = f"(({one} except all {other}) union all ({other} except all {one}))"
        if warehouse.value(both, f"select count(*) from {query}"):
            differing.append(f"{schema}.{name}")
    assert differing == [] and len(names) > 200


def test_a_grain_is_held_against_every_row_and_no_key_is_unknown(small):
    project = json.loads((small / "target" / "manifest.json").read_text())
    (test,) = (one for key, one in project["nodes"].items() if "grain_cytogenetics_" in key)
    query = test["compiled_code"].replace(f'"{test["database"]}".', "")
    with warehouse.scratch() as connection:
        connection.execute(
            "create schema core; create table core.cytogenetics as from (values "
            "(1, 'del_17p'), (1, 't_4_14'), (2, 't_4_14'), (3, 'del_17p'), (3, 'del_17p'), "
            "(4, null)) as tests (person_id, abnormality)"
        )
        found = warehouse.rows(connection, f"from ({query}) order by person_id")
    assert found == [(3, "del_17p", 2), (4, None, 1)]
