"""Reads a CDM that is no folder of plain files: DuckDB, SQLite, PostgreSQL, Delta and Iceberg.

A DuckDB file is attached and read in place. The rows of the others come as Arrow batches (through
ADBC drivers, `deltalake` and `pyiceberg`) and are written to one Parquet file a table, in bounded
memory. SQLite types its values row by row; there every value comes as text and gets its type when
it lands. What PostgreSQL has and Arrow has not (uuid, json, inet, an enum) comes as text too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from adbc_driver_manager import dbapi

from myelomart import warehouse
from myelomart.errors import SourceError
from myelomart.project import seed
from myelomart.room import no_room
from myelomart.sources import files, layout
from myelomart.sources.source import DataFile, Table
from myelomart.warehouse import literal, quoted

ROWS_SAID = 1_000_000
ATTACHED = "incoming"  # what an attached DuckDB file is called in the landing's connection
SCHEMES = ("postgresql://", "postgres://")
SERVICE = "service="
OURS = ("schema", "vocabulary")
NOT_READ_BY_MODELS = {"visit_detail", "location", "provider", "note_nlp", "episode_event"}
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
Say = Callable[[str], None]


@dataclass(frozen=True)
class Found:
    """A table of a database: its schema, its own name, and whether it may be read.

    ``is_view`` says that it is a view of a file: SQL of whoever made the file.
    """

    schema: str
    name: str
    is_readable: bool
    is_view: bool = False


@dataclass(frozen=True)
class Read:
    """What was opened: the tables, where the vocabulary stands, sentences for the user."""

    tables: dict[str, Table]
    vocabulary_place: str | None
    notes: list[str]


# --- addresses -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Address:
    """An address: ``plain`` for the driver, ``shown`` without user and password."""

    plain: str
    shown: str
    secrets: tuple[str, ...]
    options: dict[str, str]


def is_address(location: str) -> bool:
    """True for the address of a PostgreSQL server, or ``service=NAME`` of pg_service.conf."""
    return location.startswith((*SCHEMES, SERVICE))


def address_of(location: str) -> Address:
    """Take an address apart; ``SourceError``, which shows no part of it, when that cannot be."""
    if location.startswith(SERVICE):
        name, _, query = location.removeprefix(SERVICE).partition("?")
        location = f"postgresql:///?service={quote(name)}" + (f"&{query}" if query else "")
    _, _, rest = location.partition("://")
    unreadable = SourceError(
        "The address cannot be read: in a user's name or a password the characters @ : / # ? % are "
        "written %40 %3A %2F %23 %3F %25; or leave the password out, and put it into ~/.pgpass or "
        "PGPASSWORD."
    )
    who, at, where = rest.rpartition("@")
    user, colon, password = who.partition(":")
    for part in (user, password):
        if re.search(r"[@:/#?\[\]\s]|%(?![0-9A-Fa-f]{2})", part):
            raise unreadable
    if at and not user and password:
        raise unreadable
    if "#" in where or re.search(r"%(?![0-9A-Fa-f]{2})", where):
        raise unreadable
    servers, _, query = where.partition("?")
    servers, slash, database = servers.partition("/")
    for server in servers.split(","):
        if not re.fullmatch(r"(\[[0-9A-Fa-f:.%]+\]|[^:\[\]]*)(:\d{0,5})?", server):
            raise unreadable
    options = dict(parse_qsl(query, keep_blank_values=True))
    ours = {name: options.pop(name) for name in OURS if name in options}
    secrets = [password, unquote(password), options.get("password", ""), who if colon else ""]
    plain = f"postgresql://{who}{at}{servers}{slash}{database}"
    plain += f"?{urlencode(options)}" if options else ""
    shown = f"postgresql://{servers}{slash}{database}"
    if "service" in options:
        shown += f"?service={options['service']}"
    return Address(plain, shown, tuple(sorted(filter(None, secrets), key=len, reverse=True)), ours)


def without_secrets(location: str) -> str:
    """An address without user and password, to be shown and kept."""
    return address_of(location).shown


def file_and_options(location: str) -> tuple[Path, dict[str, str]]:
    """A path, and what stands behind its question mark: ``cdm.duckdb?schema=cdm``."""
    path = Path(location).expanduser()
    if path.exists() or path.is_symlink() or "?" not in location:
        return path, {}
    head, _, query = location.rpartition("?")
    options = dict(parse_qsl(query))
    if not options or set(options) - set(OURS):
        return path, {}
    return Path(head).expanduser(), options


# --- the three databases -------------------------------------------------------------------------


def open_duckdb(
    path: Path, options: dict[str, str], cohort: str | None, allow_views: bool = False
) -> Read:
    """The tables of the DuckDB file at ``path``, to be read in place once it is attached."""
    with warehouse.scratch(warehouse.with_log(path)) as connection, _in_words(path):
        warehouse.attach(connection, path, ATTACHED)
        found = [Found(*row) for row in warehouse.rows(connection, DUCKDB_TABLES)]

        def relation(one: Found) -> str:
            return _relation(one, ATTACHED)

        def is_empty(one: Found) -> bool:
            query = f"select count(*) from (from {relation(one)} limit 1)"
            return not warehouse.value(connection, query)

        def columns_of(one: Found) -> list[str]:
            described = warehouse.rows(connection, f"describe {relation(one)}")
            return [name for name, *_ in described]

        chosen, place, notes = choose(found, options, str(path), is_empty, allow_views)
        where = _person_conditions(cohort, chosen, relation, columns_of)
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
            return not _fetch(self.connection, f"select 1 from {_relation(one)} limit 1")

        chosen, vocabulary, notes = choose(found, options, place, is_empty, self.allow_views)
        condition = _person_conditions(
            cohort,
            chosen,
            _relation,
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
            relation = _relation(one)
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


def choose(
    found: list[Found],
    options: dict[str, str],
    place: str,
    is_empty: Callable[[Found], bool],
    allow_views: bool = True,
) -> tuple[dict[str, Found], str | None, list[str]]:
    """The table of each CDM table, where the vocabulary stands, and sentences for the user.

    Persons and their events stand in one schema. The vocabulary stands there too, or in the schema
    that ``vocabulary`` names, or in the only other one that has it.
    """
    own = _schema_with("person", found, options.get("schema"), "schema", place)
    if own is None:
        where = f"schema {options['schema']} of {place}" if "schema" in options else place
        others = sorted({one.schema for one in found if one.name.lower() == "person"})
        hint = f" There is one in {', '.join(others)}: name it as schema." if others else ""
        raise SourceError(f"{where} has no person table: it is not an OMOP CDM.{hint}")
    chosen = _tables_in(found, own, set(layout.cdm_tables()))
    _refuse_views(chosen, place, allow_views)
    notes = []
    concept = chosen.get("concept")
    is_here = concept is not None and concept.is_readable and not is_empty(concept)
    holder = own if is_here else None
    if "vocabulary" in options or not is_here:
        others = [one for one in found if one.schema != own or "vocabulary" in options]
        holder = _schema_with("concept", others, options.get("vocabulary"), "vocabulary", place)
        if holder is None and "vocabulary" in options:
            raise SourceError(
                f"{place} has no table concept in the schema {options['vocabulary']}: check what "
                "stands after vocabulary=."
            )
        if holder is not None and holder != own:
            for name in layout.VOCABULARY:
                chosen.pop(name, None)
            chosen |= _tables_in(found, holder, set(layout.VOCABULARY))
            _refuse_views(chosen, place, allow_views)
            notes.append(f"the vocabulary is read from the schema {holder}")
        elif holder is None and is_here:
            holder = own
    barred = sorted(table for table, one in chosen.items() if not one.is_readable)
    refused = [table for table in barred if table not in NOT_READ_BY_MODELS]
    if refused:
        raise SourceError(
            f"{place}: {', '.join(refused)} may not be read by this user: ask for the right to "
            "select from them. Taken as empty they would change every study."
        )
    for table in barred:
        del chosen[table]
        notes.append(f"{table} may not be read by this user, and no model reads it")
    return dict(sorted(chosen.items())), holder, notes


def _refuse_views(chosen: dict[str, Found], place: str, allow_views: bool) -> None:
    """A view is SQL of whoever made the file: it does not run unless the user says so."""
    views = [table for table, one in chosen.items() if one.is_view]
    if views and not allow_views:
        raise SourceError(
            f"{place}: {', '.join(views)}: a view, not a table, and to read it is to run the SQL "
            "of whoever made the file. Read that SQL and give --allow-views, or export tables."
        )


def _schema_with(
    table: str, found: list[Found], wanted: str | None, option: str, place: str
) -> str | None:
    holders = sorted({one.schema for one in found if one.name.lower() == table})
    if wanted:
        holders = [holder for holder in holders if holder.lower() == wanted.lower()]
    if len(holders) > 1:
        what = "persons" if table == "person" else "a vocabulary"
        raise SourceError(
            f"{place} has {what} in the schemas {', '.join(holders)}: say which with "
            f"?{option}=NAME at the end of the address or file name."
        )
    return holders[0] if holders else None


def _tables_in(found: list[Found], schema: str, names: set[str]) -> dict[str, Found]:
    return {
        one.name.lower(): one
        for one in sorted(found, key=lambda one: one.name)
        if one.schema == schema and one.name.lower() in names
    }


def _relation(one: Found, catalog: str | None = None) -> str:
    parts = [catalog, one.schema, one.name] if catalog else [one.schema, one.name]
    return ".".join(quoted(part) for part in parts)


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
        holder = _schema_with("concept", found, wanted, "schema", str(path))
        tables = _tables_in(found, holder, set(layout.VOCABULARY)) if holder else {}
        _refuse_views(tables, str(path), allow_views)
        for table, one in tables.items():
            target = literal(folder / f"{table}.parquet")
            relation = _relation(one, ATTACHED)
            connection.execute(f"copy (from {relation}) to {target} (format parquet)")
    return _as_files(tables, path, folder)


def export_vocabulary_of_sqlite(
    path: Path, folder: Path, say: Say, allow_views: bool = False
) -> dict[str, Table]:
    """The vocabulary of a SQLite file as Parquet files in ``folder``."""
    with warehouse.sqlite(path) as connection:
        found = [Found(*row) for row in _fetch(connection, SQLITE_TABLES)]
        reader = _Reader(connection, folder, say, "text", SQLITE_COLUMNS, allow_views)
        tables = _tables_in(found, "main", set(layout.VOCABULARY))
        _refuse_views(tables, str(path), allow_views)
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


# --- one cohort out of a database ----------------------------------------------------------------


def _person_conditions(
    cohort: str | None,
    chosen: dict[str, Found],
    relation: Callable[[Found], str],
    columns_of: Callable[[Found], list[str]],
) -> str:
    """SQL that keeps the persons with a diagnosis of ``cohort``; '' without one.

    The net is as wide as `int_candidates` and wider: a code counts wherever it stands in the text.
    """
    if cohort is None:
        return ""
    if "condition_occurrence" not in chosen:
        raise SourceError(
            f"--cohort {cohort} needs the table condition_occurrence, which is not there: leave "
            "the option out."
        )
    members = _candidate_members(cohort)
    ids = ", ".join(sorted({row["concept_id"] for row in members if row["concept_id"]}, key=int))
    codes = sorted({_plain(row["code"]) for row in members})
    concepts = f"{ids or 'null'}"
    if "concept" in chosen:
        listed = ", ".join(literal(code) for code in codes)
        vocabularies = ", ".join(
            literal(one) for one in sorted({r["vocabulary_id"] for r in members})
        )
        concepts += (
            f") or {{column}} in (select concept_id from {relation(chosen['concept'])} "
            f"where vocabulary_id in ({vocabularies}) "
            f"and {_plain_sql('concept_code')} in ({listed})"
        )
    if "concept_ancestor" in chosen:
        concepts += (
            ") or {column} in (select descendant_concept_id from "
            f"{relation(chosen['concept_ancestor'])} where ancestor_concept_id in ({ids or 'null'})"
        )
    diagnoses = chosen["condition_occurrence"]
    tests = []
    for name in columns_of(diagnoses):
        if name.lower() in ("condition_concept_id", "condition_source_concept_id"):
            tests.append(f"{quoted(name)} in ({concepts.format(column=quoted(name))})")
        if name.lower() == "condition_source_value":
            tests += [
                f"{_plain_sql(quoted(name))} like {literal('%' + code + '%')}" for code in codes
            ]
    return (
        f" where person_id in (select person_id from {relation(diagnoses)} "
        f"where {' or '.join(tests) or 'false'})"
    )


def _candidate_members(cohort: str) -> list[dict[str, str]]:
    """The members of the concept sets that make somebody a candidate of ``cohort``."""
    sets = {
        row["concept_set_id"]
        for row in seed("clinical_rules/concept_set_roles")
        if row["algorithm"] == f"{cohort}_phenotype" and row["role"] == "candidate"
    }
    domains = {
        row["vocabulary_id"]
        for row in seed("clinical_rules/source_vocabularies")
        if row["domain"] == "condition"
    }
    return [
        row
        for row in seed("concept_sets/concept_set_members")
        if row["concept_set_id"] in sets
        and row["vocabulary_id"] in domains
        and row["is_placeholder"] == "false"
    ]


def _plain(code: str) -> str:
    return code.strip().upper().replace(".", "")


def _plain_sql(column: str) -> str:
    return f"replace(upper(trim({column})), '.', '')"


# --- lakehouse tables ----------------------------------------------------------------------------


def read_lake(folder: Path, table: str, export: Path, say: Say) -> Table:
    """The current version of a Delta or Iceberg table as a Parquet file in ``export``.

    The files of its folder are never read as they lie there: old versions stand among them.
    """
    kind = files.lake_kind(folder)
    article = "an" if kind == "Iceberg" else "a"
    refusal = f"{folder} is {article} {kind} table: export its current version as Parquet"
    if kind not in ("Delta", "Iceberg"):
        raise SourceError(f"{refusal}.")
    target = export / f"{table}.parquet"
    try:
        batches, rows = _delta(folder) if kind == "Delta" else _iceberg(folder)
        written = write_batches(batches, target, table, say)
    except ImportError as error:
        raise SourceError(f"{refusal}, or install the extra `myelomart[lake]`.") from error
    except Exception as error:
        if (full := no_room(error, target)) is not None:
            raise full from error
        reason = " ".join(str(error).split())[:200].rstrip(".")
        raise SourceError(f"{refusal}. Its manifest cannot be followed ({reason}).") from error
    return Table(
        table, str(folder), (DataFile(target, "parquet"),), rows=written if rows is None else rows
    )


def _delta(folder: Path) -> tuple[pa.RecordBatchReader, int | None]:
    from deltalake import DeltaTable

    table = DeltaTable(str(folder))
    added = pa.table(table.get_add_actions(flatten=True))
    counts = added["num_records"].to_pylist() if "num_records" in added.column_names else [None]
    rows = None if any(count is None for count in counts) else sum(counts)
    dataset = table.to_pyarrow_dataset()
    return dataset.scanner().to_reader(), rows


def _iceberg(folder: Path) -> tuple[pa.RecordBatchReader, int | None]:
    from pyiceberg.table import StaticTable

    def updated(path: Path) -> int:
        return json.loads(path.read_text(encoding="utf-8"))["last-updated-ms"]

    newest = max((folder / "metadata").glob("*.metadata.json"), key=updated)
    scan = StaticTable.from_metadata(str(newest)).scan()
    return scan.to_arrow_batch_reader(), None
