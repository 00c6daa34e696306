"""Streams the tables of one connection into Parquet files, whatever the kind of database is.

A session gives rows as Arrow batches; the dialect says in which SQL they are asked for. A row is
counted by the database before and by us afterwards: where the two differ nothing lands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq
from adbc_driver_manager import dbapi

from myelomart.errors import SourceError
from myelomart.sources import layout
from myelomart.sources.addresses import Address
from myelomart.sources.cohort_filter import persons_with
from myelomart.sources.database_tables import NOT_READ_BY_MODELS, Found, choose
from myelomart.sources.databases.dialect import Dialect
from myelomart.sources.source import DataFile, Say, Table

ROWS_SAID = 1_000_000
AT_ONCE = 50_000  # rows that a client without batches of its own is asked for
LONGEST = 300  # of what a server says


@dataclass(frozen=True)
class Read:
    """What was opened: the tables, where the vocabulary stands, sentences for the user."""

    tables: dict[str, Table]
    vocabulary_place: str | None
    notes: list[str]


@dataclass(frozen=True)
class Batches:
    """Rows as they come: batches of one ``schema``."""

    schema: pa.Schema
    batches: Iterable[pa.RecordBatch]

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return iter(self.batches)

    @classmethod
    def of_tables(cls, tables: Iterator[pa.Table]) -> Batches:
        """The batches of ``tables``, of which there is at least one, in the types of the first."""
        first = next(tables)

        def batches() -> Iterator[pa.RecordBatch]:
            yield from first.to_batches()
            for table in tables:
                yield from table.cast(first.schema).to_batches()

        return cls(first.schema, batches())


class Session(Protocol):
    """An open connection."""

    def rows(self, query: str) -> list[tuple]:
        """All rows of a short ``query``."""

    @contextmanager
    def batches(self, query: str) -> Iterator[Batches]:
        """The rows of a ``query`` that may be long."""


@dataclass(frozen=True)
class AdbcSession:
    """A connection through an ADBC driver."""

    connection: dbapi.Connection

    def rows(self, query: str) -> list[tuple]:
        """As in ``Session``."""
        with self.connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    @contextmanager
    def batches(self, query: str) -> Iterator[Batches]:
        """As in ``Session``."""
        with self.connection.cursor() as cursor:
            cursor.execute(query)
            reader = cursor.fetch_record_batch()
            yield Batches(reader.schema, reader)


@dataclass(frozen=True)
class Reader:
    """Streams the tables of one ``session``, which speaks ``dialect``, into ``folder``."""

    session: Session
    dialect: Dialect
    folder: Path
    say: Say
    allow_views: bool = True  # of a server they are the server's

    def found(self, options: dict[str, str]) -> list[Found]:
        """Every table that the database shows."""
        return [Found(*row) for row in self.session.rows(self.dialect.tables(options))]

    def read(self, options: dict, cohort: str | None, place: str) -> Read:
        """The tables of the CDM at ``place`` as files; of one ``cohort``, if any."""

        def is_empty(one: Found) -> bool:
            return not self.session.rows(self.dialect.first(self.dialect.relation(one)))

        found = self.found(options)
        chosen, vocabulary, notes = choose(found, options, place, is_empty, self.allow_views)
        persons = persons_with(cohort, chosen, self.dialect, self._names)
        absent = set(layout.cdm_tables()) - NOT_READ_BY_MODELS - set(chosen)
        if absent and not self.dialect.shows_all:
            notes.append("this server shows only what you may read: what is absent may be barred")
        return Read(self.stream(chosen, persons, place), vocabulary, notes)

    def stream(self, chosen: dict[str, Found], persons: str, place: str) -> dict[str, Table]:
        """Write each table to its file; of tables with persons only those in ``persons``.

        Raises ``SourceError`` when a table changes while it is read.
        """
        tables, totals = {}, {}
        for table, one in chosen.items():
            target = self.folder / f"{table}.parquet"
            columns = self._columns(one)
            person = next((name for name, _ in columns if name.lower() == "person_id"), None)
            is_cut = persons and person
            where = f" where {self.dialect.quoted(person)} in {persons}" if is_cut else ""
            selected = ", ".join(self.dialect.selected(name, kind) for name, kind in columns)
            relation = self.dialect.relation(one)
            totals[table] = read = self._count(relation)
            if where:
                read = self._count(f"{relation}{where}")
            query = f"select {selected or '1 as nothing'} from {relation}{where}"
            with self.session.batches(query) as batches:
                written = write_batches(batches, target, table, self.say)
            if written != read:
                raise _changed(place, one, read, written)
            tables[table] = Table(
                table,
                f"{place}, table {one.schema}.{one.name}",
                (DataFile(target, "parquet"),),
                rows=read,
                rows_left_out=totals[table] - read,
            )
        if not self.dialect.is_of_one_moment:
            for table, one in chosen.items():
                if (now := self._count(self.dialect.relation(one))) != totals[table]:
                    raise _changed(place, one, totals[table], now)
        return tables

    def _count(self, rows: str) -> int:
        return self.session.rows(self.dialect.count(rows))[0][0]

    def _columns(self, one: Found) -> list[tuple[str, str]]:
        """Names and types of those columns that the layout has."""
        known = set()
        for column in layout.cdm_tables()[one.name.lower()]:
            known |= {column.name, column.other_name}
        rows = self.session.rows(self.dialect.columns(one))
        return [(name, kind) for name, kind in rows if name.lower() in known]

    def _names(self, one: Found) -> list[str]:
        return [name for name, _ in self._columns(one)]


def _changed(place: str, one: Found, before: int, after: int) -> SourceError:
    return SourceError(
        f"{place}: table {one.schema}.{one.name} had {before:,} rows, and then {after:,}: it "
        "changed while it was read, and nothing was landed. Read it again when nobody loads it."
    )


def write_batches(
    batches: pa.RecordBatchReader | Batches, target: Path, table: str, say: Say
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


@contextmanager
def in_words(address: Address, errors: tuple[type[Exception], ...], hint: str) -> Iterator[None]:
    """What a server or its client says as a sentence that shows no secret of ``address``."""
    try:
        yield
    except errors as error:
        told = error.args[0] if error.args and isinstance(error.args[0], str) else str(error)
        reason = " ".join((told or str(error.__cause__ or type(error).__name__)).split())
        for secret in address.secrets:
            reason = reason.replace(secret, "***")
        raise SourceError(
            f"The server {address.shown} cannot be read: {reason[:LONGEST].rstrip('.')}. {hint}"
        ) from error
