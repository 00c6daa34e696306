"""Every column that a reader may meet is described: in the sources' YAML and in the database."""

import csv

import pytest
import yaml

from myelomart.lineage import OWN_TABLES
from myelomart.project import project_root
from myelomart.sources import layout
from myelomart.warehouse import database

SCHEMAS = ["core", "cohorts", "outcomes", "studies", "qc", "exports", "omop", "intermediate"]
IDEAS = sorted((project_root() / "models" / "clinical").glob("*/_*__models.yml"))
SOURCES = sorted((project_root() / "models").rglob("_*__sources.yml"))
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


def comments(demo) -> list[tuple[str, str, str, str | None]]:
    """Schema, table, column and what the database says of it."""
    with database(demo / "myelomart.duckdb") as connection:
        return connection.execute(
            """
            select schema_name, table_name, column_name, comment from duckdb_columns()
            where database_name = current_database() and list_contains(?, schema_name)
            """,
            [SCHEMAS],
        ).fetchall()


def test_every_column_has_its_description_in_the_database(demo):
    columns = comments(demo)
    bare = [
        f"{schema}.{table}.{column}"
        for schema, table, column, comment in columns
        if not comment and table not in SEEDS and table not in OWN_TABLES
    ]
    assert len(columns) > 1500
    assert bare == []


@pytest.mark.parametrize("file", IDEAS, ids=lambda file: file.parent.name)
def test_a_column_without_words_of_its_own_has_those_of_its_name_in_the_idea(file, demo):
    models = {
        one["name"]: {column["name"]: column["description"] for column in one.get("columns", [])}
        for one in yaml.safe_load(file.read_text())["models"]
    }
    marts = [own for name, own in models.items() if not name.startswith("int_")]
    kept = [one for one in comments(demo) if one[1] in models]
    unknown = {name: set(own) for name, own in models.items() if own}
    for _, table, column, comment in kept:
        unknown.get(table, set()).discard(column)
        if column in models[table]:
            continue
        told = {own[column] for own in marts if column in own} or {
            own[column] for own in models.values() if column in own
        }
        assert len(told) == 1, f"{table}.{column} could mean any of {sorted(told)}"
        text = told.pop()
        assert text.startswith("{{ doc(") or comment == text, f"{table}.{column}"
    assert {table: names for table, names in unknown.items() if names} == {}
