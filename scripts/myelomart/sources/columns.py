"""Brings the columns of one table into the order, names and types of its layout.

What cannot be read as its type is never dropped in silence: a cell of an optional column is
emptied, a row whose key, person or date cannot be read is set aside, and both are listed. A column
that cannot be read in most of its rows is the wrong column, and stops the landing.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from myelomart.errors import SourceError
from myelomart.sources import files, layout
from myelomart.warehouse import literal, quoted, rows

WHOLE_NUMBERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}
READABLE = re.compile(
    r"^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL.*|VARCHAR|BOOLEAN|DATE|TIME|TIMESTAMP.*|\"NULL\")$"
)
WORDS = {
    "BIGINT": "a whole number",
    "DOUBLE": "a number",
    "DATE": "a date (YYYY-MM-DD)",
    "TIMESTAMP": "a time (YYYY-MM-DD hh:mm:ss)",
}
ROW_NUMBER = "source_row_number"
FILE_NAME = "source_file_name"


@dataclass(frozen=True)
class Plan:
    """How to read one table: by column of the standard, the name and type it has in the files."""

    table: str
    found: files.TableFiles
    present: dict[str, tuple[str, str]]
    dropped: list[str]
    missing: list[str]
    fits: bool


def plan(connection: duckdb.DuckDBPyConnection, table: str, found: files.TableFiles) -> Plan:
    """Match the columns of ``found`` with the standard's.

    Raises ``SourceError`` when a needed column is absent or of a type that holds something else.
    """
    try:
        described = rows(connection, f"describe select * from {files.scan(found)}")
    except duckdb.Error as error:
        raise _unreadable(table, found, error) from error
    names = {name.lower(): (name, kind) for name, kind, *_ in described if name != FILE_NAME}
    if len(names) < len(described) - 1:
        lowered = [name.lower() for name, *_ in described]
        doubled = next(name for name in lowered if lowered.count(name) > 1)
        raise SourceError(
            f"{found.paths[0]}: table {table} has the column {doubled} twice: remove one."
        )
    present = {}
    for column in layout.tables()[table]:
        name = column.name if column.name in names else column.other_name
        if name in names:
            present[column.name] = names.pop(name)
    missing = [
        column
        for column in layout.tables()[table]
        if column.name not in present and column.role != "row_number"
    ]
    if not present:
        raise SourceError(
            f"{found.paths[0]}: its first line names no column of {table}: the header is missing."
        )
    for column in missing:
        if column.role != "optional":
            raise SourceError(
                f"{found.paths[0]}: table {table} has no column {column.name}, which is needed: "
                "name the column in the header, or export it too."
            )
    for column in layout.tables()[table]:
        kind = present.get(column.name, ("", "VARCHAR"))[1]
        if not READABLE.match(kind):
            raise SourceError(
                f"{found.paths[0]}: table {table}, column {column.name} is of type {kind}, "
                f"not {WORDS.get(column.type, 'text')}: export it as {column.type}."
            )
    expected = [(column.name, column.type) for column in layout.tables()[table]]
    fits = found.form == "parquet" and not names and list(present.values()) == expected
    return Plan(table, found, present, sorted(names), [column.name for column in missing], fits)


def write(
    connection: duckdb.DuckDBPyConnection, plan: Plan, target: Path, faults: Path
) -> tuple[int, int]:
    """Write the table to ``target``; return the numbers of rows set aside and of cells emptied.

    The first pass takes every value as good; only when one is not, the table is read again.
    """
    try:
        _copy(connection, f"select {_selected(plan, 'cast')} from {files.scan(plan.found)}", target)
        return 0, 0
    except duckdb.ConversionException:
        return _write_with_care(connection, plan, target, faults)
    except duckdb.Error as error:
        raise _unreadable(plan.table, plan.found, error) from error


def write_empty(connection: duckdb.DuckDBPyConnection, table: str, target: Path) -> None:
    """Write ``table`` with all its columns and no row."""
    known = layout.tables() | layout.landing_tables()
    selected = ", ".join(
        f"cast(null as {column.type}) as {quoted(column.name)}" for column in known[table]
    )
    _copy(connection, f"select {selected} where false", target)


def _write_with_care(connection, plan: Plan, target: Path, faults: Path) -> tuple[int, int]:
    unreadable = {
        column.name: f"({_value(plan, column, 'try_cast')} is null and {_given(plan, column)})"
        for column in layout.tables()[plan.table]
        if column.name in plan.present and column.type != "VARCHAR"
    }
    _stop_at_wrong_columns(connection, plan, unreadable)
    needed = [c.name for c in layout.tables()[plan.table] if c.role in ("key", "required")]
    lost = " or ".join([unreadable[name] for name in needed if name in unreadable] or ["false"])
    numbered = _numbered(plan)
    _copy(
        connection,
        f"select {_selected(plan, 'try_cast')} from ({numbered}) where not ({lost})",
        target,
    )
    listed = ", ".join(
        f"case when {test} then {literal(name)} end" for name, test in unreadable.items()
    )
    faults.parent.mkdir(parents=True, exist_ok=True)
    original = ", ".join(quoted(name) for name, _ in plan.present.values())
    _copy(
        connection,
        f"""
        select
            {literal(plan.table)} as table_name,
            parse_filename({FILE_NAME}) as file_name,
            {ROW_NUMBER} as row_number,
            list_aggregate(list_filter([{listed}], lambda x: x is not null), 'string_agg', ', ')
                as column_names,
            'cannot be read as the type of the column' as reason,
            case when {lost} then 'row set aside' else 'cell emptied' end as action,
            cast(to_json(struct_pack({original})) as varchar) as row_as_json
        from ({numbered})
        where {" or ".join(unreadable.values())}
        """,
        faults,
    )
    counts = f"""
        select
            count(*) filter (where action = 'row set aside'),
            coalesce(
                sum(len(string_split(column_names, ', '))) filter (where action = 'cell emptied'), 0
            )
        from read_parquet({literal(faults)})
    """
    set_aside, emptied = rows(connection, counts)[0]
    return set_aside, int(emptied)


def _stop_at_wrong_columns(connection, plan: Plan, unreadable: dict[str, str]) -> None:
    counts = ", ".join(
        f"count(*) filter (where {test}), count({quoted(plan.present[name][0])}), "
        f"min({ROW_NUMBER}) filter (where {test})"
        for name, test in unreadable.items()
    )
    result = rows(connection, f"select {counts} from ({_numbered(plan)})")[0]
    for position, column in enumerate(unreadable):
        bad, given, first = result[3 * position : 3 * position + 3]
        if bad and bad * 2 > given:
            kind = next(c.type for c in layout.tables()[plan.table] if c.name == column)
            raise SourceError(
                f"{plan.found.paths[0]}: table {plan.table}, column {column} does not hold "
                f"{WORDS[kind]} in {bad} of {given} rows, first in row {first}: "
                "put the right values into that column."
            )


def _selected(plan: Plan, cast: str) -> str:
    return ", ".join(
        f"{_value(plan, column, cast)} as {quoted(column.name)}"
        for column in layout.tables()[plan.table]
    )


def _value(plan: Plan, column: layout.Column, cast: str) -> str:
    """SQL for ``column`` in its type; ``cast`` is cast (a bad value raises) or try_cast (NULL)."""
    if column.role == "row_number":
        return "row_number() over ()"
    if column.name not in plan.present:
        return f"cast(null as {column.type})"
    name, kind = plan.present[column.name]
    name = quoted(name)
    if kind == column.type and kind != "VARCHAR":
        return name
    if kind == "VARCHAR":
        name = f"nullif(trim({name}), '')"
        if column.type in ("DATE", "TIMESTAMP"):
            # vocabularies and TriNetX write 20200131, and 20200131235959 for a time
            name = (
                f"case when length({name}) in (8, 14) then regexp_replace({name}, "
                "'^(\\d{4})(\\d{2})(\\d{2})(\\d{6})?$', '\\1-\\2-\\3') else "
                f"{name} end"
            )
    return f"{cast}({name} as {column.type})"


def _given(plan: Plan, column: layout.Column) -> str:
    name, kind = plan.present[column.name]
    return (
        f"nullif(trim({quoted(name)}), '') is not null"
        if kind == "VARCHAR"
        else f"{quoted(name)} is not null"
    )


def _numbered(plan: Plan) -> str:
    return f"select *, row_number() over () as {ROW_NUMBER} from {files.scan(plan.found)}"


def _copy(connection, query: str, target: Path) -> None:
    """Stream ``query`` into the Parquet file ``target``, which appears only when it is whole."""
    temporary = target.with_name(target.name + ".new")
    try:
        connection.execute(
            f"copy ({query}) to {literal(temporary)} (format parquet, compression zstd)"
        )
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def _unreadable(table: str, found: files.TableFiles, error: duckdb.Error) -> SourceError:
    message = str(error)
    path = next((str(p) for p in found.paths if str(p) in message), str(found.paths[0]))
    line = re.search(r"(?:CSV Error on Line|Line): (\d+)", message)
    where = f"{path}: table {table}" + (f", line {line.group(1)}" if line else "")
    if "not utf-8" in message:
        return SourceError(f"{where}: is not UTF-8 text: save the file as UTF-8.")
    if "Expected Number of Columns" in message:
        return SourceError(
            f"{where}: has another number of columns than the header: "
            "put text that holds the delimiter into quotation marks."
        )
    if "unterminated quote" in message:
        return SourceError(f"{where}: a quotation mark is opened and not closed: mend the row.")
    reason = message.splitlines()[0]
    return SourceError(f"{where}: cannot be read ({reason}): export it again.")
