"""Reads a CDM out of a database: each table is streamed into one Parquet file in bounded memory.

DuckDB's own readers for SQLite and PostgreSQL are extensions that are not in its wheel, so the rows
come as Arrow batches through ADBC drivers. SQLite types its values row by row; there every value
comes as text and gets its type when it lands.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import duckdb
import pyarrow.parquet as pq

from myelomart import warehouse
from myelomart.errors import SourceError
from myelomart.sources import layout
from myelomart.sources.files import TableFiles
from myelomart.warehouse import literal, quoted

ROWS_SAID = 1_000_000
SQLITE_TABLES = "select 'main', name from sqlite_master where type in ('table', 'view')"
STANDARD_TABLES = """
    select table_schema, table_name from information_schema.tables
    where table_schema not in ('information_schema', 'pg_catalog')
"""
STANDARD_COLUMNS = """
    select column_name from information_schema.columns
    where table_schema = {schema} and table_name = {table}
"""
Say = Callable[[str], None]


def is_address(location: str) -> bool:
    """True for the address of a PostgreSQL server."""
    return location.startswith(("postgresql://", "postgres://"))


def without_secrets(location: str) -> str:
    """An address without user and password, to be shown and kept."""
    parts = urlsplit(location)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit((parts.scheme, host + port, parts.path, "", ""))


def export_duckdb(path: Path, folder: Path, say: Say) -> dict[str, TableFiles]:
    """The CDM tables of the DuckDB file at ``path`` as Parquet files in ``folder``."""
    found = {}
    with warehouse.database(path) as connection:
        tables = warehouse.rows(connection, STANDARD_TABLES)
        for table, (schema, name) in _cdm_tables(tables, None, str(path)).items():
            target = folder / f"{table}.parquet"
            source = f"{quoted(schema)}.{quoted(name)}"
            try:
                connection.execute(
                    f"copy (select * from {source}) to {literal(target)} "
                    "(format parquet, compression zstd)"
                )
            except duckdb.Error as error:
                reason = str(error).splitlines()[0]
                raise SourceError(f"{path}: table {name} cannot be read ({reason}).") from error
            found[table] = TableFiles(table, "parquet", (target,))
            say(f"{path.name}: {table} read")
    return found


def export_sqlite(path: Path, folder: Path, say: Say) -> dict[str, TableFiles]:
    """The CDM tables of the SQLite file at ``path`` as Parquet files in ``folder``."""
    with warehouse.sqlite(path) as connection:
        tables = _fetch(connection, SQLITE_TABLES)
        columns = "select name from pragma_table_info({table})"
        return _export(connection, tables, None, str(path), folder, columns, "text", say)


def export_postgres(address: str, folder: Path, say: Say) -> dict[str, TableFiles]:
    """The CDM tables of the server at ``address`` as Parquet files in ``folder``.

    ``?schema=NAME`` names the schema where more than one holds a CDM.
    """
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query))
    schema = options.pop("schema", None)
    plain = urlunsplit(parts._replace(query=urlencode(options)))
    shown = without_secrets(address)
    with warehouse.postgres(plain, shown) as connection:
        tables = _fetch(connection, STANDARD_TABLES)
        return _export(connection, tables, schema, shown, folder, STANDARD_COLUMNS, None, say)


def _export(
    connection, tables, schema, place, folder: Path, columns_query: str, cast: str | None, say: Say
) -> dict[str, TableFiles]:
    found = {}
    for table, (holder, name) in _cdm_tables(tables, schema, place).items():
        query = columns_query.format(schema=literal(holder), table=literal(name))
        known = {column.name for column in layout.cdm_tables()[table]}
        known |= {column.other_name for column in layout.cdm_tables()[table] if column.other_name}
        names = [column for (column,) in _fetch(connection, query) if column.lower() in known]
        selected = [
            f"cast({quoted(n)} as {cast}) as {quoted(n)}" if cast else quoted(n) for n in names
        ]
        target = folder / f"{table}.parquet"
        select = f"select {', '.join(selected)} from {quoted(holder)}.{quoted(name)}"
        _stream(connection, select, target, lambda rows, t=table: say(f"{t}: {rows:,} rows read"))
        found[table] = TableFiles(table, "parquet", (target,))
    return found


def _stream(connection, query: str, target: Path, say_rows: Callable[[int], None]) -> None:
    """Write the batches of ``query`` to ``target`` as they come, saying every million rows."""
    written = said = 0
    with connection.cursor() as cursor:
        cursor.execute(query)
        batches = cursor.fetch_record_batch()
        with pq.ParquetWriter(target, batches.schema, compression="zstd") as writer:
            for batch in batches:
                writer.write_batch(batch)
                written += batch.num_rows
                if written - said >= ROWS_SAID:
                    say_rows(written)
                    said = written


def _cdm_tables(
    tables: list[tuple[str, str]], schema: str | None, place: str
) -> dict[str, tuple[str, str]]:
    """Schema and own name of each CDM table, all in the one schema that has persons."""
    holders = sorted({holder for holder, name in tables if name.lower() == "person"})
    if schema:
        holders = [holder for holder in holders if holder.lower() == schema.lower()]
    if not holders:
        where = f"schema {schema} of {place}" if schema else place
        raise SourceError(f"{where} has no person table: it is not an OMOP CDM.")
    if len(holders) > 1:
        raise SourceError(
            f"{place} has persons in the schemas {', '.join(holders)}: "
            "say which with ?schema=NAME at the end of the address."
        )
    return {
        name.lower(): (holder, name)
        for holder, name in sorted(tables)
        if holder == holders[0] and name.lower() in layout.cdm_tables()
    }


def _fetch(connection, query: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()
