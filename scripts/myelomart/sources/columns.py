"""Brings the columns of one table into the order, names and types of its layout.

A value that cannot be read (`values`) empties its cell; a row whose person or day cannot be read is
set aside; both are listed with the form of the text. A column that fails in most of its rows is the
wrong column, and stops the landing. A number becomes a day only where the whole column is days.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from myelomart.errors import MyelomartError, SourceError, Stopped
from myelomart.room import no_room
from myelomart.sources import layout
from myelomart.sources.notation import (
    FILE_NAME,
    ROW_NUMBER,
    clocks_of,
    clocks_of_texts,
    holds_instants,
    marks_of,
    needs_a_zone,
    place_of_row,
)
from myelomart.sources.source import RowAccount
from myelomart.sources.values import (
    NAMED_BY_ID,
    is_day_of,
    is_given,
    is_readable,
    may_fail,
    value_of,
)
from myelomart.warehouse import literal, quoted, rows

WORDS = {
    "BIGINT": "a whole number",
    "DOUBLE": "a number",
    "DATE": "a date (YYYY-MM-DD)",
    "TIMESTAMP": "a time (YYYY-MM-DD hh:mm:ss)",
}
REASONS = {
    "BIGINT": "no whole number",
    "DOUBLE": "no number",
    "DATE": "no date",
    "TIMESTAMP": "no time",
}
HINTS = {
    "DATE": "write them as YYYY-MM-DD (05/01/2020 may be two days)",
    "DOUBLE": "write them with a decimal point (1,234 may be two numbers)",
}
NOT_PLAIN = "a value is not written plainly"


@dataclass(frozen=True)
class Readable:
    """A table as DuckDB reads it.

    ``scan`` is a FROM clause; ``rows`` how many rows it must give, counted by another than DuckDB
    (None: nobody could); ``shown`` gives the user's file for each file that is read; ``instants``
    are columns that hold instants in UTC though their type does not say so; ``delimiters`` are
    those of its text files; ``linkable`` is the one file that may be linked as it is.
    """

    table: str
    place: str
    scan: str
    form: str
    rows: int | None
    shown: dict[str, str] = field(default_factory=dict)
    instants: frozenset[str] = frozenset()
    delimiters: frozenset[str] = frozenset()
    linkable: Path | None = None


@dataclass(frozen=True)
class Plan:
    """How to read one table.

    ``present`` gives for each column of the layout its name and type in the source, ``clocks`` how
    to read those that hold instants or numbers for days, ``marks`` what stands before the decimals
    of those that hold texts.
    """

    readable: Readable
    timezone: str | None
    present: dict[str, tuple[str, str]]
    dropped: list[str]
    missing: list[str]
    fits: bool
    clocks: dict[str, str] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)

    @property
    def table(self) -> str:
        """The table that is read."""
        return self.readable.table

    @property
    def columns(self) -> tuple[layout.Column, ...]:
        """The columns of its layout."""
        return layout.tables()[self.table]


def plan(
    connection: duckdb.DuckDBPyConnection,
    readable: Readable,
    timezone: str | None = None,
    is_alone: bool = False,
) -> Plan:
    """Match the columns of ``readable`` with the layout's.

    A file whose whole numbers are narrower than ours (the CDM's own DDL writes integer) fits where
    its source ``is_alone``: the types of a table's files then do not differ.

    Raises ``SourceError`` when a needed column is absent, or of a type that holds something else.
    """
    table, place = readable.table, readable.place
    try:
        described = rows(connection, f"describe select * from {readable.scan}")
    except duckdb.Error as error:
        raise unreadable(readable, error) from error
    lowered = [name.lower() for name, *_ in described]
    for name in lowered:
        if lowered.count(name) > 1:
            raise SourceError(f"{place}: table {table} has the column {name} twice: remove one.")
    names = {name.lower(): (name, kind) for name, kind, *_ in described if name != FILE_NAME}
    present = {}
    columns = layout.tables()[table]
    for column in columns:
        name = column.name if column.name in names else column.other_name
        if name in names:
            present[column.name] = names.pop(name)
    missing = [
        column for column in columns if column.name not in present and column.role != "row_number"
    ]
    if not present:
        raise SourceError(
            f"{place}: its first line names no column of {table}: the header is missing."
        )
    for column in missing:
        if column.role != "optional":
            raise SourceError(
                f"{place}: table {table} has no column {column.name}, which is needed: "
                "name the column in the header, or export it too."
            )
    for column in columns:
        kind = present.get(column.name, ("", column.type))[1]
        if not is_readable(kind, column):
            raise SourceError(
                f"{place}: table {table}, column {column.name} is of type {kind}, "
                f"not {WORDS.get(column.type, 'text')}: export it as {column.type}."
            )
    narrower = {"INTEGER": "BIGINT"} if is_alone else {}
    given = [(name, narrower.get(kind, kind)) for name, kind in present.values()]
    fits = (
        readable.linkable is not None
        and not names
        and not readable.instants
        and given == [(column.name, column.type) for column in columns]
    )
    dropped = sorted(name for name in names if not re.fullmatch(r"unnamed_\d+", name))
    made = Plan(readable, timezone, present, dropped, [column.name for column in missing], fits)
    return replace(made, clocks=clocks_of(connection, made))


def write(
    connection: duckdb.DuckDBPyConnection, plan: Plan, target: Path, faults: Path
) -> RowAccount:
    """Write the table to ``target`` and what could not be read to ``faults``; account for all rows.

    A text of numbers and days as we write them ourselves is read in one pass, which ends at the
    first other value. Then what cannot be read is missing, and only where values are missing that
    the source gives, the table is read again with care.
    """
    account = RowAccount(
        plan.readable.form, columns_dropped=plan.dropped, columns_missing=plan.missing
    )
    try:
        if plan.readable.form != "csv" or not _write_plain(connection, plan, target):
            copy(connection, f"select {_selected(plan)} from {plan.readable.scan}", target)
            if _has_faults(connection, plan, target):
                _write_with_care(connection, plan, target, faults, account)
    except duckdb.Error as error:
        raise unreadable(plan.readable, error) from error
    account.rows = parquet_rows(target)
    landed = account.rows + account.rows_set_aside
    account.rows_in = landed if plan.readable.rows is None else plan.readable.rows
    return account


def write_empty(connection: duckdb.DuckDBPyConnection, table: str, target: Path) -> None:
    """Write ``table`` with all its columns and no row."""
    known = layout.tables() | layout.landing_tables()
    selected = ", ".join(
        f"cast(null as {column.type}) as {quoted(column.name)}" for column in known[table]
    )
    copy(connection, f"select {selected} where false", target)


def copy(connection, query: str, target: Path) -> None:
    """Stream ``query`` into the Parquet file ``target``, which appears only when it is whole."""
    temporary = target.with_name(target.name + ".new")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection.execute(
            f"copy ({query}) to {literal(temporary)} (format parquet, compression zstd)"
        )
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def parquet_rows(path: Path) -> int:
    """The rows of a Parquet file by its footer."""
    return pq.read_metadata(path).num_rows


def missing_values(path: Path, column: str) -> int | None:
    """How many values of a column are missing by the footer; None where it does not say."""
    metadata = pq.read_metadata(path)
    position = metadata.schema.names.index(column)
    counts = [
        metadata.row_group(number).column(position).statistics
        for number in range(metadata.num_row_groups)
    ]
    if any(one is None or not one.has_null_count for one in counts):
        return None
    return sum(one.null_count for one in counts)


def greatest_number(path: Path, column: str) -> int:
    """The greatest number of a column by the footer; 0 where it has none or does not say."""
    metadata = pq.read_metadata(path)
    position = metadata.schema.names.index(column)
    found = [
        metadata.row_group(number).column(position).statistics
        for number in range(metadata.num_row_groups)
    ]
    return max((one.max for one in found if one is not None and one.has_min_max), default=0)


# --- one reading, of plain values ----------------------------------------------------------------


def _write_plain(connection, plan: Plan, target: Path) -> bool:
    """Write a table whose every value is written as DuckDB writes it; False where one is not."""
    casts, selected = [], []
    for column in plan.columns:
        name = quoted(column.name)
        if column.name not in plan.present or column.type == "VARCHAR":
            selected.append(f"{_selected_one(plan, column)} as {name}")
            continue
        given, cast = quoted(plan.present[column.name][0]), quoted(f"{column.name} as it is")
        casts.append(f"try_cast({given} as {column.type}) as {cast}")
        tests = [] if column.type == "DOUBLE" else [f"cast({cast} as varchar) = {given}"]
        tests += [] if column.type == "BIGINT" else [f"isfinite({cast})"]
        selected.append(
            f"case when {' and '.join(tests)} then {cast} "
            f"when {given} is not null then error({literal(NOT_PLAIN)}) end as {name}"
        )
    inner = f"select {', '.join(['*', *casts])} from {plan.readable.scan}"
    try:
        copy(connection, f"select {', '.join(selected)} from ({inner})", target)
    except duckdb.Error as error:
        if NOT_PLAIN not in str(error):
            raise
        return False
    return True


# --- a second reading, with care -----------------------------------------------------------------


def _has_faults(connection, plan: Plan, target: Path) -> bool:
    """True when the source gives more values of a column than landed."""
    landed = {}
    for column in plan.columns:
        if column.name in plan.present and may_fail(plan, column):
            missing = missing_values(target, column.name)
            landed[column.name] = None if missing is None else parquet_rows(target) - missing
    if not landed:
        return False
    raw = ", ".join(f"count({quoted(plan.present[name][0])})" for name in landed)
    counts = rows(connection, f"select {raw} from {plan.readable.scan}")[0]
    fewer = [name for name, count in zip(landed, counts, strict=True) if landed[name] != count]
    if not fewer:
        return False
    by_name = {column.name: column for column in plan.columns}
    given = ", ".join(f"count(*) filter (where {is_given(plan, by_name[name])})" for name in fewer)
    counts = rows(connection, f"select {given} from {plan.readable.scan}")[0]
    return any(landed[name] != count for name, count in zip(fewer, counts, strict=True))


def _write_with_care(connection, plan: Plan, target: Path, faults: Path, account) -> None:
    plan = replace(plan, clocks=plan.clocks | clocks_of_texts(connection, plan))
    plan = replace(plan, marks=marks_of(connection, plan, account))
    typed = [c for c in plan.columns if c.name in plan.present and c.type != "VARCHAR"]
    faulty = {c.name: f"({value_of(plan, c)} is null and {is_given(plan, c)})" for c in typed}
    numbered = f"select *, row_number() over () as {ROW_NUMBER} from {plan.readable.scan}"
    lost = [
        faulty[c.name]
        for c in typed
        if c.role == "required" or (c.role == "key" and plan.table not in NAMED_BY_ID)
    ]
    is_lost = " or ".join(lost) or "false"
    _count_faults(connection, plan, faulty, numbered, is_lost, account)
    copy(
        connection,
        f"select {_selected(plan)} from ({numbered}) where not ({is_lost})",
        target,
    )
    listed = ", ".join(f"case when {faulty[c.name]} then {literal(c.name)} end" for c in typed)
    reasons = ", ".join(
        f"case when {faulty[c.name]} then "
        f"{literal(f'{c.name}: {REASONS[c.type]}, ')} || {_form(plan, c)} end"
        for c in typed
    )
    original = ", ".join(quoted(name) for name, _ in plan.present.values())
    copy(
        connection,
        f"""
        select
            {literal(plan.table)} as table_name,
            {_file_shown(plan)} as file_name,
            {ROW_NUMBER} as row_number,
            {_joined(listed, ", ")} as column_names,
            {_joined(reasons, "; ")} as reason,
            case when {is_lost} then 'row set aside' else 'cell emptied' end as action,
            cast(to_json(struct_pack({original})) as varchar) as row_as_json
        from ({numbered})
        where {" or ".join(faulty.values()) or "false"}
        """,
        faults,
    )


def _joined(cases: str, separator: str) -> str:
    return (
        f"list_aggregate(list_filter([{cases}], lambda x: x is not null), 'string_agg', "
        f"{literal(separator)})"
    )


def _file_shown(plan: Plan) -> str:
    """SQL for the user's name of the file that a row stands in."""
    cases = "".join(
        f" when {literal(read)} then {literal(shown)}"
        for read, shown in plan.readable.shown.items()
        if Path(read).name != shown
    )
    last = f"parse_filename({FILE_NAME})"
    return f"case {FILE_NAME}{cases} else {last} end" if cases else last


def _count_faults(
    connection, plan: Plan, faulty: dict[str, str], numbered: str, is_lost: str, account
) -> None:
    """Count what cannot be read by column; stop where it is most of a column."""
    by_name = {column.name: column for column in plan.columns}
    counts = ", ".join(
        f"count(*) filter (where {test}), count(*) filter (where {is_given(plan, by_name[name])}), "
        f"min({ROW_NUMBER}) filter (where {test}), "
        f"min({_form(plan, by_name[name])}) filter (where {test}), "
        f"count(*) filter (where {test} and not ({is_lost}))"
        for name, test in faulty.items()
    )
    query = f"select {counts}, count(*) filter (where {is_lost}) from ({numbered})"
    *result, account.rows_set_aside = rows(connection, query)[0]
    for position, (name, test) in enumerate(faulty.items()):
        bad, given, first, form, stay = result[5 * position : 5 * position + 5]
        if not bad:
            continue
        column = by_name[name]
        is_instant = is_day_of(plan, column) and holds_instants(connection, plan, column, test)
        is_free = column.role == "key" and plan.table in NAMED_BY_ID
        if is_instant or (bad * 2 > given and not is_free):
            place, row = place_of_row(connection, plan, numbered, first)
            if is_instant:
                raise needs_a_zone(place, plan.table, name, row)
            hint = HINTS.get(column.type, "put the right values into that column")
            raise SourceError(
                f"{place}: table {plan.table}, column {name} does not hold {WORDS[column.type]} in "
                f"{bad:,} of {given:,} rows, first in row {row}, where it has the form "
                f"«{form}»: {hint}."
            )
        action = (
            "id replaced" if is_free
            else "row set aside" if column.role in ("key", "required")
            else "cell emptied"
        )  # fmt: skip
        account.note(action, name, REASONS[column.type], bad, form)
        account.cells_emptied += stay if action == "cell emptied" else 0


def _form(plan: Plan, column: layout.Column) -> str:
    """SQL for what a text looks like, with every digit as 9 and every letter as a."""
    text = f"cast({quoted(plan.present[column.name][0])} as varchar)"
    return (
        f"left(regexp_replace(regexp_replace({text}, '[0-9]', '9', 'g'), "
        "'[^-9 .,:/+]', 'a', 'g'), 24)"
    )


def _selected(plan: Plan) -> str:
    """All columns of the layout; a value that cannot be read is missing."""
    return ", ".join(
        f"{_selected_one(plan, column)} as {quoted(column.name)}" for column in plan.columns
    )


def _selected_one(plan: Plan, column: layout.Column) -> str:
    if column.role == "row_number":
        return "row_number() over ()"
    if column.name not in plan.present:
        return f"cast(null as {column.type})"
    return value_of(plan, column)


# --- what DuckDB says, as a sentence -------------------------------------------------------------


def unreadable(readable: Readable, error: duckdb.Error) -> MyelomartError:
    """What DuckDB says of a table that it cannot read, as a sentence with file, table and line."""
    if isinstance(error, duckdb.InterruptException):
        return Stopped("stopped: what stood before is as it was.")
    if (full := no_room(error)) is not None:
        return full
    message = str(error)
    read = next((read for read in readable.shown if read in message), None)
    place = readable.place
    if read and len(readable.shown) > 1:
        place = str(Path(place).with_name(readable.shown[read]))
    line = re.search(r"(?:CSV Error on Line|Line): (\d+)", message)
    where = f"{place}: table {readable.table}" + (f", line {line.group(1)}" if line else "")
    if "not utf-8" in message or "Invalid unicode" in message:
        return SourceError(f"{where}: is not UTF-8 text: save the file as UTF-8.")
    if "Expected Number of Columns" in message:
        return SourceError(
            f"{where}: has another number of columns than the header: "
            "put text that holds the delimiter into quotation marks."
        )
    if "unterminated quote" in message:
        return SourceError(
            f"{where}: a quotation mark is opened and not closed: write a mark inside a text twice."
        )
    if "aximum line size" in message:
        return SourceError(
            f"{where}: a row is longer than 16 million characters, most often because a quotation "
            "mark is opened and not closed: mend the row."
        )
    if readable.form == "csv":
        return SourceError(
            f"{where}: cannot be read as text with a delimiter: its quotation marks or line ends "
            "are damaged. Export it again."
        )
    if readable.form == "database":
        reason = message.splitlines()[0][:200]
        return SourceError(f"{where}: cannot be read ({reason}): mend it in the database.")
    return SourceError(f"{where}: is damaged and cannot be read to its end: export it again.")
