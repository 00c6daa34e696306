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
from myelomart.sources.source import RowAccount
from myelomart.sources.values import (
    DAY,
    FLOATS,
    INSTANT,
    NAMED_BY_ID,
    UNITS,
    WHOLE,
    WIDE,
    ZONED,
    is_day_of,
    is_given,
    is_plain_day,
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
ROW_NUMBER = "source_row_number"
FILE_NAME = "source_file_name"


@dataclass(frozen=True)
class Readable:
    """A table as DuckDB reads it.

    ``scan`` is a FROM clause; ``rows`` how many rows it must give, counted by another than DuckDB
    (None: nobody could); ``shown`` gives the user's file for each file that is read; ``instants``
    are columns that hold instants in UTC though their type does not say so; ``linkable`` is the one
    file that may be linked as it is.
    """

    table: str
    place: str
    scan: str
    form: str
    rows: int | None
    shown: dict[str, str] = field(default_factory=dict)
    instants: frozenset[str] = frozenset()
    linkable: Path | None = None


@dataclass(frozen=True)
class Plan:
    """How to read one table.

    ``present`` gives for each column of the layout its name and type in the source, ``clocks`` how
    to read those that hold instants or numbers for days.
    """

    readable: Readable
    timezone: str | None
    present: dict[str, tuple[str, str]]
    dropped: list[str]
    missing: list[str]
    fits: bool
    clocks: dict[str, str] = field(default_factory=dict)

    @property
    def table(self) -> str:
        """The table that is read."""
        return self.readable.table

    @property
    def columns(self) -> tuple[layout.Column, ...]:
        """The columns of its layout."""
        return layout.tables()[self.table]


def plan(
    connection: duckdb.DuckDBPyConnection, readable: Readable, timezone: str | None = None
) -> Plan:
    """Match the columns of ``readable`` with the layout's.

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
        if not is_readable(kind, column, table):
            raise SourceError(
                f"{place}: table {table}, column {column.name} is of type {kind}, "
                f"not {WORDS.get(column.type, 'text')}: export it as {column.type}."
            )
    expected = [(column.name, column.type) for column in columns]
    fits = (
        readable.linkable is not None
        and not names
        and not readable.instants
        and list(present.values()) == expected
    )
    dropped = sorted(name for name in names if not re.fullmatch(r"unnamed_\d+", name))
    made = Plan(readable, timezone, present, dropped, [column.name for column in missing], fits)
    return replace(made, clocks=_clocks(connection, made))


def write(
    connection: duckdb.DuckDBPyConnection, plan: Plan, target: Path, faults: Path
) -> RowAccount:
    """Write the table to ``target`` and what could not be read to ``faults``; account for all rows.

    What cannot be read is missing after the first pass: only where values are missing that the
    source gives, the table is read again.
    """
    account = RowAccount(
        plan.readable.form, columns_dropped=plan.dropped, columns_missing=plan.missing
    )
    try:
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
    plan = replace(plan, clocks=plan.clocks | _clocks_of_texts(connection, plan))
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
        is_instant = is_day_of(plan, column) and _is_instant(connection, plan, column, test)
        is_free = column.role == "key" and plan.table in NAMED_BY_ID
        if is_instant or (bad * 2 > given and not is_free):
            place, row = _where(connection, plan, numbered, first)
            if is_instant:
                raise _needs_a_zone(place, plan.table, name, row)
            hint = (
                "write them as YYYY-MM-DD (05/01/2020 may be two days)"
                if column.type == "DATE"
                else "put the right values into that column"
            )
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


def _where(connection, plan: Plan, numbered: str, first: int) -> tuple[str, int]:
    """The user's file of row ``first`` of all, and its number there."""
    if not plan.readable.shown:
        return plan.readable.place, first
    file, before = rows(
        connection,
        f"""
        select any_value({FILE_NAME}), min({ROW_NUMBER}) from ({numbered})
        where {FILE_NAME} = (
            select any_value({FILE_NAME}) from ({numbered}) where {ROW_NUMBER} = {first}
        )
        """,
    )[0]
    place = plan.readable.place
    if len(plan.readable.shown) > 1:
        place = str(Path(place).with_name(plan.readable.shown.get(file, Path(file).name)))
    return place, first - before + 1


def _form(plan: Plan, column: layout.Column) -> str:
    """SQL for what a text looks like, with every digit as 9 and every letter as a."""
    text = f"cast({quoted(plan.present[column.name][0])} as varchar)"
    return (
        f"left(regexp_replace(regexp_replace({text}, '[0-9]', '9', 'g'), "
        "'[^-9 .,:/+]', 'a', 'g'), 24)"
    )


# --- instants, and numbers for days --------------------------------------------------------------


def _clocks(connection, plan: Plan) -> dict[str, str]:
    """How to read the columns whose type says that they hold instants, or numbers for days.

    'utc': all are midnight UTC, so the day is plain, whatever the zone. 'zone': the day is that of
    the stated zone. 'yyyymmdd', or a unit of time since 1970, with 'zone' behind it.
    """
    found = {}
    for column in plan.columns:
        if column.type not in ("DATE", "TIMESTAMP") or column.name not in plan.present:
            continue
        name, kind = plan.present[column.name]
        quoted_name = quoted(name)
        if kind == INSTANT or name.lower() in plan.readable.instants:
            if kind != INSTANT:
                quoted_name = f"timezone('UTC', {quoted_name})"
            found[column.name] = _zone_of_instants(
                connection, plan, column, f"epoch_us({quoted_name})", f"isfinite({quoted_name})"
            )
        elif kind in WHOLE | WIDE | FLOATS.keys() or kind.startswith("DECIMAL"):
            found[column.name] = _unit_of(
                connection, plan, column, f"cast({quoted_name} as double)"
            )
        elif kind == "VARCHAR" and plan.timezone and is_day_of(plan, column):
            text = f"trim({quoted_name})"
            at_utc = rows(
                connection,
                f"select count(*) from {plan.readable.scan} where "
                f"regexp_full_match({text}, {literal(ZONED)}) and not ({is_plain_day(text)})",
            )[0][0]
            if at_utc:
                found[column.name] = "zone"
    return found


def _clocks_of_texts(connection, plan: Plan) -> dict[str, str]:
    """The unit of text columns that hold numbers for days, as SQLite and R write them."""
    found = {}
    for column in plan.columns:
        if column.type not in ("DATE", "TIMESTAMP") or column.name not in plan.present:
            continue
        name, kind = plan.present[column.name]
        if kind != "VARCHAR":
            continue
        text = f"trim({quoted(name)})"
        numbers = f"regexp_full_match({text}, '-?\\d+(\\.\\d+)?')"
        others, given = rows(
            connection,
            f"select count(*) filter (where {numbers} and {value_of(plan, column)} is null), "
            f"count(*) filter (where {is_given(plan, column)}) from {plan.readable.scan}",
        )[0]
        if others * 2 > given:
            number = f"try_cast(case when {numbers} then {text} end as double)"
            unit = _unit_of(connection, plan, column, number)
            if unit != "none":
                found[column.name] = unit
    return found


def _unit_of(connection, plan: Plan, column: layout.Column, number: str) -> str:
    """What the numbers of a column of days are: 'yyyymmdd', a unit since 1970, or 'none'."""
    as_day = f"try_strptime(cast(try_cast({number} as bigint) as varchar), '%Y%m%d')"
    given, days, greatest = rows(
        connection,
        f"select count({number}), count(*) filter (where {number} between 18000101 and 99991231 "
        f"and {as_day} is not null), max(abs({number})) filter (where isfinite({number})) "
        f"from {plan.readable.scan}",
    )[0]
    if not given or greatest is None:
        return "none"
    if days * 2 > given:
        return "yyyymmdd"
    unit = (
        "none" if greatest < 1e7
        else "seconds" if greatest < 1e11
        else "milliseconds" if greatest < 1e14
        else "microseconds"
    )  # fmt: skip
    if unit == "none":
        return unit
    micro = f"try_cast({number} * {UNITS[unit]} as bigint)"
    zone = _zone_of_instants(connection, plan, column, micro, f"{micro} is not null")
    return unit if zone == "utc" else f"{unit} zone"


def _zone_of_instants(
    connection, plan: Plan, column: layout.Column, microseconds: str, is_given: str
) -> str:
    """'utc' where the days of instants need no zone, 'zone' where one is stated.

    Raises ``SourceError`` where a day depends on the zone and none is stated. A time that stands
    beside its day needs none: it is shown in UTC.
    """
    numbered = f"select *, row_number() over () as {ROW_NUMBER} from {plan.readable.scan}"
    others, first = rows(
        connection,
        f"select count(*), min({ROW_NUMBER}) from ({numbered}) "
        f"where {is_given} and {microseconds} % {DAY} != 0",
    )[0]
    if not others:
        return "utc"
    if plan.timezone:
        return "zone"
    if is_day_of(plan, column):
        place, row = _where(connection, plan, numbered, first)
        raise _needs_a_zone(place, plan.table, column.name, row)
    return "utc"


def _needs_a_zone(place: str, table: str, column: str, row: int) -> SourceError:
    return SourceError(
        f"{place}: table {table}, column {column} holds instants (first in row {row}), and their "
        "day depends on where the site is: export the column as a date, or name the site's zone, "
        "such as --timezone Europe/Berlin."
    )


def _is_instant(connection, plan: Plan, column: layout.Column, test: str) -> bool:
    """True when a text of ``column`` cannot be read because it is an instant without a zone."""
    name, kind = plan.present[column.name]
    if kind != "VARCHAR" or plan.timezone:
        return False
    return bool(
        rows(
            connection,
            f"select count(*) from {plan.readable.scan} where {test} "
            f"and regexp_full_match(trim({quoted(name)}), {literal(ZONED)})",
        )[0][0]
    )


def _selected(plan: Plan) -> str:
    """All columns of the layout; a value that cannot be read is missing."""
    parts = []
    for column in plan.columns:
        name = quoted(column.name)
        if column.role == "row_number":
            parts.append(f"row_number() over () as {name}")
        elif column.name not in plan.present:
            parts.append(f"cast(null as {column.type}) as {name}")
        else:
            parts.append(f"{value_of(plan, column)} as {name}")
    return ", ".join(parts)


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
