"""Every column that a reader may meet is described: in the sources' YAML and in the database."""

import csv

import pytest
import yaml

from myelomart.lineage import OWN_TABLES
from myelomart.project import project_root
from myelomart.sources import layout
from myelomart.warehouse import database

SCHEMAS = ["core", "cohorts", "outcomes", "studies", "qc", "exports", "omop"]
SOURCES = sorted((project_root() / "models" / "staging").glob("*/_*__sources.yml"))
SEEDS = {file.stem for file in (project_root() / "seeds").glob("*/*.csv")}


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.stem)
def test_a_source_describes_the_columns_that_are_landed(file):
    landed = layout.tables() | layout.landing_tables()
    for source in yaml.safe_load(file.read_text())["sources"]:
        for table in source["tables"]:
            described = [column["name"] for column in table["columns"]]
            expected = [column.name for column in landed[table["name"]]] + ["source_name"]
            assert sorted(described) == sorted(expected), table["name"]
            assert table["description"].startswith("One row"), table["name"]
            assert all(column["description"] for column in table["columns"]), table["name"]


@pytest.mark.parametrize(
    "file", sorted((project_root() / "seeds").glob("*/_*__seeds.yml")), ids=lambda file: file.stem
)
def test_every_column_of_a_seed_is_described(file):
    for seed in yaml.safe_load(file.read_text())["seeds"]:
        with (file.parent / f"{seed['name']}.csv").open(encoding="utf-8", newline="") as lines:
            header = next(csv.reader(lines))
        described = {one["name"] for one in seed["columns"] if one.get("description")}
        assert described >= set(header), seed["name"]


def test_every_column_of_a_mart_has_its_description_in_the_database(demo):
    with database(demo / "myelomart.duckdb") as connection:
        columns = connection.execute(
            """
            select schema_name, table_name, column_name, comment from duckdb_columns()
            where database_name = current_database() and list_contains(?, schema_name)
            """,
            [SCHEMAS],
        ).fetchall()
    bare = [
        f"{schema}.{table}.{column}"
        for schema, table, column, comment in columns
        if not comment and table not in SEEDS and table not in OWN_TABLES
    ]
    assert len(columns) > 500
    assert bare == []
