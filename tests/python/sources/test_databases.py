"""A CDM inside DuckDB, SQLite or PostgreSQL lands as the same rows that its folder does."""

import sqlite3

import pytest
from postgres_server import NoServer, running_server
from pyarrow.parquet import ParquetFile
from small_cdm import MEASUREMENT, PERSON

from myelomart import warehouse
from myelomart.errors import SourceError
from myelomart.sources import databases
from myelomart.sources.databases import without_secrets
from myelomart.sources.landing import Source, land

SUMMARY = """
    select
        count(*), sum(value_as_number), min(measurement_date)::varchar, any_value(unit_source_value)
    from read_parquet('{landing}/measurement/**/*.parquet')
"""
EXPECTED = [(12, 84.0, "2020-01-02", "g/dL")]


def summary_of(location, tmp_path):
    landing = tmp_path / "landing"
    manifest = land([Source("cdm", str(location))], landing, lambda line: None)
    with warehouse.scratch() as connection:
        found = warehouse.rows(connection, SUMMARY.format(landing=landing))
    return found, manifest


def test_a_duckdb_file_lands_like_its_folder(tmp_path):
    path = tmp_path / "cdm.duckdb"
    with warehouse.database(path, read_only=False) as connection:
        connection.execute("create schema omop")
        connection.execute(f"create table omop.PERSON as {PERSON}")
        connection.execute(f"create table omop.measurement as {MEASUREMENT}")
    found, manifest = summary_of(path, tmp_path)
    assert found == EXPECTED
    assert manifest["sources"][0]["format"] == "OMOP CDM in DuckDB"


def test_a_sqlite_file_lands_like_its_folder(tmp_path):
    path = tmp_path / "cdm.sqlite"
    with warehouse.scratch() as source, sqlite3.connect(path) as target:
        for table, query in (("person", PERSON), ("measurement", MEASUREMENT)):
            relation = source.sql(query)
            target.execute(f"create table {table} ({', '.join(relation.columns)})")
            marks = ", ".join("?" for _ in relation.columns)
            rows = [
                tuple(
                    str(cell) if hasattr(cell, "year") else float(cell) if i == 4 else cell
                    for i, cell in enumerate(row)
                )
                for row in relation.fetchall()
            ]
            target.executemany(f"insert into {table} values ({marks})", rows)
    found, manifest = summary_of(path, tmp_path)
    assert found == EXPECTED
    assert manifest["sources"][0]["format"] == "OMOP CDM in SQLite"


def test_a_text_file_is_neither(tmp_path):
    path = tmp_path / "cdm.db"
    path.write_text("a text that is long enough to have sixteen bytes")
    with pytest.raises(SourceError, match="neither a DuckDB nor a SQLite file"):
        summary_of(path, tmp_path)


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path):
    with pytest.raises(SourceError) as failure:
        summary_of("postgresql://me:secret@localhost:1/cdm", tmp_path)
    assert "postgresql://localhost:1/cdm" in str(failure.value)
    assert "secret" not in str(failure.value)


def test_addresses_are_kept_without_user_and_password():
    address = "postgresql://me:secret@host:5432/cdm?schema=omop&password=secret"
    assert without_secrets(address) == "postgresql://host:5432/cdm"


@pytest.fixture(scope="module")
def server():
    try:
        with running_server() as address:
            yield address
    except NoServer as reason:
        pytest.skip(str(reason))


def _execute(address: str, *statements: str) -> None:
    with warehouse.postgres(address, "test") as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        connection.commit()


def test_a_live_postgresql_database_lands_like_its_folder(server, tmp_path):
    series = "from generate_series(1, 12) as numbers (number)"
    _execute(
        server,
        "create schema cdm",
        f"create table cdm.person as {PERSON}",
        "create table cdm.measurement as select number as measurement_id,"
        " number % 3 + 1 as person_id, 3000963 as measurement_concept_id,"
        " date '2020-01-01' + number as measurement_date,"
        " timestamp '2020-01-01 10:00:00' as measurement_datetime,"
        " cast(number + 0.5 as numeric) as value_as_number,"
        f" 'g/dL'::varchar(20) as unit_source_value {series}",
    )
    found, manifest = summary_of(server, tmp_path)
    assert found == EXPECTED
    assert manifest["sources"][0]["format"] == "OMOP CDM in PostgreSQL"
    _execute(server, "create schema other", f"create table other.person as {PERSON}")
    with pytest.raises(SourceError, match="schema=NAME"):
        summary_of(server, tmp_path)
    assert summary_of(server + "&schema=cdm", tmp_path)[0] == EXPECTED


def test_a_large_table_comes_in_small_batches_and_says_how_far_it_is(server, tmp_path, monkeypatch):
    monkeypatch.setattr(databases, "ROWS_SAID", 500_000)
    _execute(
        server,
        "create schema large",
        f"create table large.person as {PERSON}",
        "create table large.measurement as select number as measurement_id, 1 as person_id,"
        " 3000963 as measurement_concept_id, date '2020-01-01' as measurement_date"
        " from generate_series(1, 2000000) as numbers (number)",
    )
    said = []
    address = databases.address_of(server + "&schema=large")
    tables = databases.open_postgres(address, None, tmp_path, said.append).tables
    assert [line for line in said if line.startswith("measurement")]
    measurement = ParquetFile(tables["measurement"].files[0].path)
    assert measurement.metadata.num_rows == 2_000_000
    # each batch is written before the next is fetched: no row group is larger than one
    groups = range(measurement.num_row_groups)
    assert max(measurement.metadata.row_group(one).num_rows for one in groups) < 1_500_000
