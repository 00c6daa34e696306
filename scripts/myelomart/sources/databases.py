"""Reads a CDM out of a database: DuckDB, SQLite, PostgreSQL.

A DuckDB file is attached and read in place. The rows of the others come as Arrow batches (through
ADBC drivers) and are written to one Parquet file a table, in bounded memory. SQLite types its
values row by row; there every value comes as text and gets its type when it lands. What
PostgreSQL has and Arrow has not (uuid, json, inet, an enum) comes as text too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from adbc_driver_manager import dbapi

from myelomart import warehouse
from myelomart.errors import SourceError
from myelomart.sources import layout
from myelomart.sources.addresses import Address, address_of
from myelomart.sources.cohort_filter import person_conditions
from myelomart.sources.database_tables import (
    Found,
    choose,
    refuse_views,
    relation_of,
    schema_with,
    tables_in,
)
from myelomart.sources.source import DataFile, Say, Table
from myelomart.warehouse import literal, quoted

ROWS_SAID = 1_000_000
ATTACHED = "incoming"  # what an attached DuckDB file is called in the landing's connection
SQLITE_TABLES = """
    select 'main', name, 1, type = 'view' from sqlite_master where type in ('table', 'view')
"""
SQLITE_COLUMNS = "select name, 'text' from pragma_table_info({table})"
DUCKDB_TABLES = """
    select table_schema, table_name, 1, table_type = 'VIEW' from information_schema.tables
    where table_catalog = 'incoming'
        and table_schema not in ('information_schema', 'pg_catalog')
"""
# tables, views, materialized views, foreign and partitioned tables
POSTGRES_TABLES = """
    select
        cast(spaces.nspname as text),
        cast(tables.relname as text),
        case
            when has_schema_privilege(spaces.oid, 'usage')
                and has_any_column_privilege(tables.oid, 'select') then 1
            else 0
        end
    from pg_class as tables
    inner join pg_namespace as spaces on tables.relnamespace = spaces.oid
    where tables.relkind in ('r', 'v', 'm', 'f', 'p')
        and spaces.nspname not in ('information_schema', 'pg_catalog')
        and spaces.nspname not like 'pg\\_%'
"""
POSTGRES_COLUMNS = """
    select
        cast(columns.attname as text),
        cast(coalesce(bases.typname, types.typname) as text)
    from pg_attribute as columns
    inner join pg_type as types on columns.atttypid = types.oid
    left join pg_type as bases on types.typbasetype = bases.oid
    where columns.attrelid = cast({name} as regclass) and columns.attnum > 0
        and not columns.attisdropped
    order by columns.attnum
"""
POSTGRES_PLAIN = {"int2", "int4", "int8", "float4", "float8", "text", "varchar", "bpchar", "bool"}


@dataclass(frozen=True)
class Read:
    """What was opened: the tables, where the vocabulary stands, sentences for the user."""

    tables: dict[str, Table]
    vocabulary_place: str | None
    notes: list[str]


def open_duckdb(
    path: Path, options: dict[str, str], cohort: str | None, allow_views: bool = False
) -> Read:
    """The tables of the DuckDB file at ``path``, to be read in place once it is attached."""
    with warehouse.scratch(warehouse.with_log(path)) as connection, _in_words(path):
        warehouse.attach(connection, path, ATTACHED)
        found = [Found(*row) for row in warehouse.rows(connection, DUCKDB_TABLES)]

        def relation(one: Found) -> str:
            return relation_of(one, ATTACHED)

        def is_empty(one: Found) -> bool:
            query = f"select count(*) from (from {relation(one)} limit 1)"
            return not warehouse.value(connection, query)

        def columns_of(one: Found) -> list[str]:
            described = warehouse.rows(connection, f"describe {relation(one)}")
            return [name for name, *_ in described]

        chosen, place, notes = choose(found, options, str(path), is_empty, allow_views)
        where = person_conditions(cohort, chosen, relation, columns_of)
        tables = {}
        for table, one in chosen.items():
            with _in_words(path, f": table {one.name}"):
                has_person = any(name.lower() == "person_id" for name in columns_of(one))
                total = warehouse.value(connection, f"select count(*) from {relation(one)}")
            tables[table] = Table(
                table,
                f"{path}, schema {one.schema}",
                relation=relation(one),
                where=where if has_person else "",
                rows=total,
            )
    return Read(tables, place, notes)


@contextmanager
def _in_words(path: Path, what: str = "") -> Iterator[None]:
    """What DuckDB says of the file at ``path`` as a sentence."""
    try:
        yield
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise SourceError(f"{path}{what} cannot be read ({reason}).") from error


def open_sqlite(
    path: Path,
    options: dict[str, str],
    cohort: str | None,
    folder: Path,
    say: Say,
    allow_views: bool = False,
) -> Read:
    """The tables of the SQLite file at ``path`` as Parquet files in ``folder``."""
    with warehouse.sqlite(path) as connection:
        found = [Found(*row) for row in _fetch(connection, SQLITE_TABLES)]
        reader = _Reader(connection, folder, say, "text", SQLITE_COLUMNS, allow_views)
        return reader.read(found, options, cohort, str(path))


def open_postgres(address: Address, cohort: str | None, folder: Path, say: Say) -> Read:
    """The tables of the server at ``address`` as Parquet files in ``folder``.

    All are read as they stood at one moment.
    """
    with warehouse.postgres(address.plain, address.shown, address.secrets) as connection:
        with connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read, read only")
            cursor.execute("set local timezone to 'UTC'")
        found = [Found(*row) for row in _fetch(connection, POSTGRES_TABLES)]
        reader = _Reader(connection, folder, say, None, POSTGRES_COLUMNS)
        return reader.read(found, address.options, cohort, address.shown)


def tables_on(location: str) -> list[str]:
    """The names of the tables of a CDM that a server shows us; no row is read."""
    address = address_of(location)
    with warehouse.postgres(address.plain, address.shown, address.secrets) as connection:
        shown = {Found(*row).name.lower() for row in _fetch(connection, POSTGRES_TABLES)}
    return sorted(shown & set(layout.tables()))


@dataclass(frozen=True)
class _Reader:
    """Streams the tables of one connection; ``cast`` is the type that every value comes as."""

    connection: dbapi.Connection
    folder: Path
    say: Say
    cast: str | None
    columns_query: str
    allow_views: bool = True  # of a server they are the server's

    def read(self, found: list[Found], options: dict, cohort: str | None, place: str) -> Read:
        def is_empty(one: Found) -> bool:
            return not _fetch(self.connection, f"select 1 from {relation_of(one)} limit 1")

        chosen, vocabulary, notes = choose(found, options, place, is_empty, self.allow_views)
        condition = person_conditions(
            cohort,
            chosen,
            relation_of,
            lambda one: [name for name, _ in self._columns("condition_occurrence", one)],
        )
        return Read(self.stream(chosen, condition, place), vocabulary, notes)

    def stream(self, chosen: dict[str, Found], condition: str, place: str) -> dict[str, Table]:
        """Write each table to its file; ``condition`` holds for tables with persons."""
        tables = {}
        for table, one in chosen.items():
            target = self.folder / f"{table}.parquet"
            names = self._columns(table, one)
            has_person = any(name.lower() == "person_id" for name, _ in names)
            where = condition if has_person else ""
            selected = ", ".join(self._selected(name, kind) for name, kind in names)
            relation = relation_of(one)
            total = read = _fetch(self.connection, f"select count(*) from {relation}")[0][0]
            if where:
                read = _fetch(self.connection, f"select count(*) from {relation}{where}")[0][0]
            self._stream(
                f"select {selected or '1 as nothing'} from {relation}{where}", target, table
            )
            tables[table] = Table(
                table,
                f"{place}, table {one.schema}.{one.name}",
                (DataFile(target, "parquet"),),
                rows=read,
                rows_left_out=total - read,
            )
        return tables

    def _columns(self, table: str, one: Found) -> list[tuple[str, str]]:
        known = {column.name for column in layout.cdm_tables()[table]}
        known |= {column.other_name for column in layout.cdm_tables()[table] if column.other_name}
        query = self.columns_query.format(
            table=literal(one.name), name=literal(f"{quoted(one.schema)}.{quoted(one.name)}")
        )
        return [pair for pair in _fetch(self.connection, query) if pair[0].lower() in known]

    def _selected(self, name: str, kind: str) -> str:
        name = quoted(name)
        if self.cast:
            return f"cast({name} as {self.cast}) as {name}"
        if kind in ("date", "timestamp", "timestamptz"):  # Arrow has no end of time
            return (
                f"case when isfinite({name}) then {name} when {name} > '2000-01-01' "
                f"then cast('9999-12-31' as {kind}) else cast('0001-01-01' as {kind}) end as {name}"
            )
        return name if kind in POSTGRES_PLAIN else f"cast({name} as text) as {name}"

    def _stream(self, query: str, target: Path, table: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(query)
            write_batches(cursor.fetch_record_batch(), target, table, self.say)


def write_batches(
    batches: pa.RecordBatchReader | Iterable[pa.RecordBatch], target: Path, table: str, say: Say
) -> int:
    """Write ``batches`` to ``target`` as they come, saying every million rows; return the rows."""
    written = said = 0
    with pq.ParquetWriter(target, batches.schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)
            written += batch.num_rows
            if written - said >= ROWS_SAID:
                say(f"{table}: {written:,} rows read")
                said = written
    return written


def _fetch(connection, query: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def export_vocabulary_of_duckdb(
    path: Path, options: dict[str, str], folder: Path, allow_views: bool = False
) -> dict[str, Table]:
    """The vocabulary of a DuckDB file as Parquet files in ``folder``."""
    reach = [*warehouse.with_log(path), folder]
    with warehouse.scratch(reach) as connection, _in_words(path):
        warehouse.attach(connection, path, ATTACHED)
        found = [Found(*row) for row in warehouse.rows(connection, DUCKDB_TABLES)]
        wanted = options.get("schema") or options.get("vocabulary")
        holder = schema_with("concept", found, wanted, "schema", str(path))
        tables = tables_in(found, holder, set(layout.VOCABULARY)) if holder else {}
        refuse_views(tables, str(path), allow_views)
        for table, one in tables.items():
            target = literal(folder / f"{table}.parquet")
            relation = relation_of(one, ATTACHED)
            connection.execute(f"copy (from {relation}) to {target} (format parquet)")
    return _as_files(tables, path, folder)


def export_vocabulary_of_sqlite(
    path: Path, folder: Path, say: Say, allow_views: bool = False
) -> dict[str, Table]:
    """The vocabulary of a SQLite file as Parquet files in ``folder``."""
    with warehouse.sqlite(path) as connection:
        found = [Found(*row) for row in _fetch(connection, SQLITE_TABLES)]
        reader = _Reader(connection, folder, say, "text", SQLITE_COLUMNS, allow_views)
        tables = tables_in(found, "main", set(layout.VOCABULARY))
        refuse_views(tables, str(path), allow_views)
        return reader.stream(tables, "", str(path))


def _as_files(tables: dict[str, Found], path: Path, folder: Path) -> dict[str, Table]:
    return {
        table: Table(
            table,
            f"{path}, table {one.schema}.{one.name}",
            (DataFile(folder / f"{table}.parquet", "parquet"),),
        )
        for table, one in tables.items()
    }
