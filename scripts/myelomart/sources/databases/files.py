"""Reads a CDM out of a file: DuckDB, SQLite.

A DuckDB file is attached and read in place. SQLite types its values row by row: every value comes
as text and gets its type when it lands.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from myelomart import warehouse
from myelomart.errors import SourceError
from myelomart.sources import layout
from myelomart.sources.cohort_filter import persons_with
from myelomart.sources.database_tables import (
    Found,
    choose,
    refuse_views,
    schema_with,
    tables_in,
)
from myelomart.sources.databases.dialect import Dialect
from myelomart.sources.databases.reading import AdbcSession, Read, Reader
from myelomart.sources.source import DataFile, Say, Table
from myelomart.warehouse import literal

ATTACHED = "incoming"  # what an attached DuckDB file is called in the landing's connection


class DuckDB(Dialect):
    """A DuckDB file that is attached."""

    catalogue = """
        select table_schema, table_name, 1, table_type = 'VIEW' from information_schema.tables
        where table_catalog = 'incoming'
            and table_schema not in ('information_schema', 'pg_catalog')
    """

    def relation(self, one: Found) -> str:
        """As in ``Dialect``."""
        return f"{self.quoted(ATTACHED)}.{super().relation(one)}"

    def columns(self, one: Found) -> str:
        """As in ``Dialect``."""
        return f"describe {self.relation(one)}"

    def value(self, name: str, kind: str) -> str:
        """As in ``Dialect``: as it is, for it is read in place."""
        return name


class SQLite(Dialect):
    """A SQLite file."""

    catalogue = """
        select 'main', name, 1, type = 'view' from sqlite_master where type in ('table', 'view')
    """

    def columns(self, one: Found) -> str:
        """As in ``Dialect``."""
        return f"select name, 'text' from pragma_table_info({self.literal(one.name)})"

    def value(self, name: str, kind: str) -> str:
        """As in ``Dialect``."""
        return f"cast({name} as text)"


def open_duckdb(
    path: Path, options: dict[str, str], cohort: str | None, allow_views: bool = False
) -> Read:
    """The tables of the DuckDB file at ``path``, to be read in place once it is attached."""
    dialect = DuckDB()
    with warehouse.scratch(warehouse.with_log(path)) as connection, _in_words(path):
        warehouse.attach(connection, path, ATTACHED)
        found = [Found(*row) for row in warehouse.rows(connection, dialect.catalogue)]

        def is_empty(one: Found) -> bool:
            return not warehouse.rows(connection, dialect.first(dialect.relation(one)))

        def columns_of(one: Found) -> list[str]:
            return [name for name, *_ in warehouse.rows(connection, dialect.columns(one))]

        chosen, place, notes = choose(found, options, str(path), is_empty, allow_views)
        persons = persons_with(cohort, chosen, dialect, columns_of)
        where = f" where person_id in {persons}" if persons else ""
        tables = {}
        for table, one in chosen.items():
            relation = dialect.relation(one)
            with _in_words(path, f": table {one.name}"):
                has_person = any(name.lower() == "person_id" for name in columns_of(one))
                total = warehouse.value(connection, dialect.count(relation))
            tables[table] = Table(
                table,
                f"{path}, schema {one.schema}",
                relation=relation,
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
        reader = Reader(AdbcSession(connection), SQLite(), folder, say, allow_views)
        return reader.read(options, cohort, str(path))


def export_vocabulary_of_duckdb(
    path: Path, options: dict[str, str], folder: Path, allow_views: bool = False
) -> dict[str, Table]:
    """The vocabulary of a DuckDB file as Parquet files in ``folder``."""
    reach, dialect = [*warehouse.with_log(path), folder], DuckDB()
    with warehouse.scratch(reach) as connection, _in_words(path):
        warehouse.attach(connection, path, ATTACHED)
        found = [Found(*row) for row in warehouse.rows(connection, dialect.catalogue)]
        wanted = options.get("schema") or options.get("vocabulary")
        holder = schema_with("concept", found, wanted, "schema", str(path))
        tables = tables_in(found, holder, set(layout.VOCABULARY)) if holder else {}
        refuse_views(tables, str(path), allow_views)
        for table, one in tables.items():
            target = literal(folder / f"{table}.parquet")
            connection.execute(f"copy (from {dialect.relation(one)}) to {target} (format parquet)")
    return {
        table: Table(
            table,
            f"{path}, table {one.schema}.{one.name}",
            (DataFile(folder / f"{table}.parquet", "parquet"),),
        )
        for table, one in tables.items()
    }


def export_vocabulary_of_sqlite(
    path: Path, folder: Path, say: Say, allow_views: bool = False
) -> dict[str, Table]:
    """The vocabulary of a SQLite file as Parquet files in ``folder``."""
    with warehouse.sqlite(path) as connection:
        reader = Reader(AdbcSession(connection), SQLite(), folder, say, allow_views)
        tables = tables_in(reader.found({}), "main", set(layout.VOCABULARY))
        refuse_views(tables, str(path), allow_views)
        return reader.stream(tables, "", str(path))
