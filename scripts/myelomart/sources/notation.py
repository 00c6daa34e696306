"""How the columns of a table write days and numbers, where only all their values can tell.

An instant becomes a day only in a zone that is stated, a number a day only where the whole column
is days, and a comma stands before decimals only where nothing else can be meant.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from myelomart.errors import SourceError
from myelomart.sources import layout
from myelomart.sources.source import RowAccount
from myelomart.sources.values import (
    BY_EITHER,
    COMMA,
    DAY,
    FLOATS,
    INSTANT,
    NO_MARK,
    POINT,
    UNITS,
    WHOLE,
    WIDE,
    WRITTEN_BY,
    ZONED,
    is_day_of,
    is_given,
    is_plain_day,
    value_of,
)
from myelomart.warehouse import literal, quoted, rows

if TYPE_CHECKING:
    from myelomart.sources.columns import Plan

ROW_NUMBER = "source_row_number"
FILE_NAME = "source_file_name"


def place_of_row(connection, plan: Plan, numbered: str, first: int) -> tuple[str, int]:
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


# --- marks before decimals -----------------------------------------------------------------------


def marks_of(connection, plan: Plan, account: RowAccount) -> dict[str, str]:
    """Which columns of texts write 3,5 (COMMA) and which 3.5 (POINT), where they tell it plainly.

    A column tells it by a number that only one of the two writes, and by none that only the other
    does; but for a file between semicolons, all that it gives must be numbers for a comma to count.
    A column that does not tell follows one of its table that has a comma.
    """
    texts = [
        column
        for column in plan.columns
        if column.type == "DOUBLE" and plan.present.get(column.name, ("", ""))[1] == "VARCHAR"
    ]
    if not texts:
        return {}
    forms = (WRITTEN_BY[COMMA], WRITTEN_BY[POINT], BY_EITHER[COMMA], BY_EITHER[POINT], NO_MARK)
    counts = []
    for column in texts:
        text = f"trim({quoted(plan.present[column.name][0])})"
        counts += [
            f"count(*) filter (where regexp_full_match({text}, {literal(f)}))" for f in forms
        ]
        counts.append(f"count(*) filter (where {is_given(plan, column)})")
    found = rows(connection, f"select {', '.join(counts)} from {plan.readable.scan}")[0]
    marks, undecided = {}, []
    for place, column in enumerate(texts):
        *counted, given = found[6 * place : 6 * place + 6]
        commas, points, either, *_ = counted
        is_all = sum(counted) == given or plan.readable.delimiters == {";"}
        if commas and not points and is_all:
            marks[column.name] = COMMA
        elif points and not commas:
            marks[column.name] = POINT
        elif not points and not commas and is_all:
            undecided.append(column.name)
        if marks.get(column.name) == COMMA:
            account.note("decimal comma read", column.name, "as 3,5", commas + either)
    if COMMA in marks.values():
        marks |= dict.fromkeys(undecided, COMMA)
    return marks


# --- instants, and numbers for days --------------------------------------------------------------


def clocks_of(connection, plan: Plan) -> dict[str, str]:
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


def clocks_of_texts(connection, plan: Plan) -> dict[str, str]:
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
        place, row = place_of_row(connection, plan, numbered, first)
        raise needs_a_zone(place, plan.table, column.name, row)
    return "utc"


def needs_a_zone(place: str, table: str, column: str, row: int) -> SourceError:
    """The error for a column of instants whose zone nobody stated."""
    return SourceError(
        f"{place}: table {table}, column {column} holds instants (first in row {row}), and their "
        "day depends on where the site is: export the column as a date, or name the site's zone, "
        "such as --timezone Europe/Berlin."
    )


def holds_instants(connection, plan: Plan, column: layout.Column, test: str) -> bool:
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
