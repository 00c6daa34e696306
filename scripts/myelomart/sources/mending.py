"""What only a whole table can tell: rows without an id, and days that stand for no day.

An id that only names its row may be missing or a text: the row gets a number of its own. (Ids that
are used twice are judged at the door, `quality`.) 9999-12-31 and infinity end nothing: they become
the day the data were cut. 1900-01-01 is no day, though databases write it; in DEATH it leaves a
death without a day, never a life without death.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from myelomart.errors import SourceError
from myelomart.sources import layout
from myelomart.sources.columns import copy, missing_values, parquet_rows
from myelomart.sources.files import pattern
from myelomart.sources.source import RowAccount
from myelomart.sources.values import NAMED_BY_ID
from myelomart.warehouse import literal, quoted, rows, value

NO_DAY = datetime.date(1900, 1, 1)  # what databases write for an unknown day
START_OF_TIME = datetime.date(1, 1, 1)
END_OF_TIME = datetime.date(9999, 1, 1)
DAYS_AHEAD = 366  # a planned end lies within a year; what is later stands for no end
LAST_OF_SHIFTED = datetime.date(2900, 1, 1)  # shifted dates may lie centuries ahead
SMALLEST_ID = -(2**63)
DEATH_OF_PERSON = "death_datetime"  # in CDM v6


def read(path: Path) -> str:
    """SQL that reads one landed file."""
    return f"read_parquet({pattern(path)}, hive_partitioning = false)"


# --- ids -----------------------------------------------------------------------------------------


def number_unnamed(connection, table: str, target: Path, account: RowAccount) -> None:
    """Give each row of ``target`` without an id one that no other row has.

    The numbers are the same whatever the order of the rows.
    """
    key = layout.key_of(table)
    if table not in NAMED_BY_ID or key is None or not account.rows:
        return
    if missing_values(target, key) == 0:
        return
    name, landed = quoted(key), read(target)
    missing, least, greatest = rows(
        connection,
        f"select count(*) filter (where {name} is null), min({name}), max({name}) from {landed}",
    )[0]
    if not missing:
        return
    number = (
        f"row_number() over (partition by {name} is null "
        "order by md5(cast(to_json(landed_row) as varchar)))"
    )
    others = ", ".join(
        quoted(column.name) for column in layout.tables()[table] if column.name != key
    )
    copy(
        connection,
        f"""
        select {name}, {others} from {landed} where {name} is not null
        union all by name
        select {_new_id(table, least, greatest, missing)} as {name}, {others}
        from (select *, {number} as place from {landed} as landed_row where {name} is null)
        """,
        target,
    )
    if parquet_rows(target) != account.rows:
        raise SourceError(f"table {table}: rows were lost while they were numbered: report this.")
    account.rows_renumbered = missing
    account.note("new id", key, "it has none that is a whole number", missing)
    if account.form == "copied parquet":
        account.form = "parquet"


def _new_id(table: str, least: int | None, greatest: int | None, count: int) -> str:
    """SQL for ids that nobody has: below the least, or above the greatest."""
    least, greatest = min(least or 0, 0), max(greatest or 0, 0)
    if least - count >= SMALLEST_ID:
        return f"{least} - place"
    if greatest + count < -SMALLEST_ID:
        return f"{greatest} + place"
    raise SourceError(
        f"table {table}: {count:,} rows need an id, and no numbers are left: number its rows anew."
    )


# --- days ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Span:
    """The days of one source: what is today, and the day its data were cut."""

    today: datetime.date
    cut: datetime.date
    is_shifted: bool

    @property
    def horizon(self) -> datetime.date:
        """After it a day stands for no end."""
        return LAST_OF_SHIFTED if self.is_shifted else self.today + datetime.timedelta(DAYS_AHEAD)


def span_of(connection, landed: dict[str, Path], is_shifted: bool) -> Span:
    """Today (UTC) and the cut: the last recorded day, or the later day the source says it was made.

    A source that says it was made before its last record is not believed.
    """
    today = datetime.datetime.now(datetime.UTC).date()
    limit = LAST_OF_SHIFTED if is_shifted else today
    recorded = [NO_DAY]
    for table, target in landed.items():
        start, _ = days_of(table)
        made = {"cdm_source": _release(target), "trinetx_dataset_details": "date_created"}.get(
            table
        )
        names = [made] if made else [start] if start else []
        for name in names:
            found = None if made else _extremes(target, name)
            last = found[1] if found else None
            if found is None or (last and last > limit):
                last = value(
                    connection,
                    f"select max({name}) from {read(target)} where {name} <= {_day(limit)}",
                )
            recorded += [last] if last else []
    return Span(today, max(recorded), is_shifted)


def _release(target: Path) -> str:
    return "greatest(source_release_date, cdm_release_date)"


def days_of(table: str) -> tuple[str | None, str | None]:
    """The columns of the day on which a row of ``table`` begins and ends, None where it has none.

    Vocabularies, persons and what a source says of itself have no such days.
    """
    known = layout.tables()[table]
    names = {column.name for column in known}
    if table in ("person", "trinetx_patient") or not names & {"person_id", "patient_id"}:
        return None, None
    days = [column for column in known if column.type == "DATE"]
    ends = [one.name for one in days if one.name == "end_date" or one.name.endswith("_end_date")]
    starts = [one.name for one in days if one.name not in ends]
    return starts[0] if starts else None, ends[0] if ends else None


def needs_mending(table: str, target: Path, span: Span) -> bool:
    """True when a day of the landed table stands for no day, by the footer of its file."""
    if table == "person":
        extremes = _extremes(target, DEATH_OF_PERSON)
        return extremes is None or extremes[1] is not None and extremes[1] >= END_OF_TIME
    start, end = days_of(table)
    if start is None or not parquet_rows(target):
        return False
    ends = _extremes(target, end) if end else (None, None)
    if ends is None or _is_outside(ends, _last_end(table, span)):
        return True
    if table in ("death", "observation_period"):
        starts = _extremes(target, start)
        return starts is None or _is_outside(starts, END_OF_TIME)
    return False


def _is_outside(extremes: tuple, last: datetime.date) -> bool:
    least, greatest = extremes
    return least is not None and (least <= NO_DAY or greatest > last)


def mend_days(
    connection,
    table: str,
    target: Path,
    faults: Path,
    account: RowAccount,
    span: Span,
    events: dict[str, Path],
) -> None:
    """Cap ends of time at the cut, and empty days that stand for no day.

    A period of observation without a beginning begins with the person's first record among
    ``events``.
    """
    start, end = days_of(table)
    changes, tests = {}, {}
    if table == "person":  # who dies at the end of time lives
        tests[DEATH_OF_PERSON] = f"{DEATH_OF_PERSON} >= {_day(END_OF_TIME)}"
        changes[DEATH_OF_PERSON] = (
            f"case when not {tests[DEATH_OF_PERSON]} then {DEATH_OF_PERSON} end"
        )
    if end:
        is_open = f"{end} > {_day(_last_end(table, span))}"
        is_none = _is_no_day(end)
        cut = f"greatest({_day(span.cut)}, {start})" if start else _day(span.cut)
        changes[end] = f"case when {is_open} then {cut} when {is_none} then null else {end} end"
        account.ends_capped = _count(connection, target, is_open)
        account.note("end capped", end, "stands for no end", account.ends_capped)
        if table != "observation_period":
            tests[end] = is_none
    if table == "death":
        never = f"({_is_no_day(start)} or {start} >= {_day(END_OF_TIME)})"
        changes[start] = f"case when {never} then null else {start} end"
        tests[start] = never
    if table == "observation_period":
        unbegun = f"{start} <= {_day(NO_DAY)}"
        first = _first_records(events)
        changes[start] = f"case when {unbegun} then coalesce(first_day, {start}) else {start} end"
        changes[end] = f"greatest({changes[end]}, {changes[start]})"
        begun = _count(connection, target, unbegun)
        account.note("begin set", start, "stands for no beginning", begun)
        source = f"{read(target)} as landed left join ({first}) as firsts using (person_id)"
    else:
        source = read(target)
    emptied = {name: _count(connection, target, test) for name, test in tests.items()}
    for name, count in emptied.items():
        account.note("cell emptied", name, "stands for no day", count)
        account.cells_emptied += count
    if any(emptied.values()):
        _list(connection, table, target, tests, faults)
    selected = ", ".join(
        f"{changes[column.name]} as {quoted(column.name)}"
        if column.name in changes
        else quoted(column.name)
        for column in layout.tables()[table]
    )
    copy(connection, f"select {selected} from {source}", target)
    if parquet_rows(target) != account.rows:
        raise SourceError(f"table {table}: rows were lost while its days were mended: report this.")
    if account.form == "copied parquet":
        account.form = "parquet"


def _list(connection, table: str, target: Path, tests: dict[str, str], faults: Path) -> None:
    listed = ", ".join(f"case when {test} then {literal(name)} end" for name, test in tests.items())
    names = f"array_to_string(list_filter([{listed}], lambda x: x is not null), ', ')"
    copy(
        connection,
        f"""
        select
            {literal(table)} as table_name, 'part.parquet' as file_name, row_number,
            {names} as column_names,
            'stands for no day' as reason,
            'cell emptied' as action,
            cast(to_json(landed_row) as varchar) as row_as_json
        from (select *, row_number() over () as row_number from {read(target)}) as landed_row
        where {" or ".join(tests.values())}
        """,
        faults,
    )


def _first_records(events: dict[str, Path]) -> str:
    parts = [
        f"select person_id, {start} as day from {read(path)} where {start} > {_day(NO_DAY)}"
        for table, path in events.items()
        if (start := days_of(table)[0]) and table not in ("death", "observation_period")
        and not table.startswith("trinetx_")
    ]  # fmt: skip
    if not parts:
        return "select null::bigint as person_id, null::date as first_day where false"
    return f"select person_id, min(day) as first_day from ({' union all '.join(parts)}) group by 1"


def _last_end(table: str, span: Span) -> datetime.date:
    """After it an end stands for no end: nobody is observed in the future."""
    return _latest(span) if table == "observation_period" else span.horizon


def _latest(span: Span) -> datetime.date:
    return LAST_OF_SHIFTED if span.is_shifted else span.today


def _count(connection, target: Path, test: str) -> int:
    return value(connection, f"select count(*) from {read(target)} where {test}")


def _is_no_day(column: str) -> str:
    return f"({column} = {_day(NO_DAY)} or {column} <= {_day(START_OF_TIME)})"


def _day(day: datetime.date) -> str:
    return f"date '{day.isoformat()}'"


def _extremes(target: Path, column: str) -> tuple | None:
    """Least and greatest day of a column by the footer, (None, None) where it has no day.

    None where the footer does not say.
    """
    metadata = pq.read_metadata(target)
    position = metadata.schema.names.index(column)
    days = []
    for number in range(metadata.num_row_groups):
        statistics = metadata.row_group(number).column(position).statistics
        if statistics is None:
            return None
        if not statistics.has_min_max:
            if statistics.num_values:
                return None
            continue
        try:
            days += [statistics.min, statistics.max]
        except (OverflowError, ValueError):  # a year that Python does not know
            return None
    days = [day.date() if isinstance(day, datetime.datetime) else day for day in days]
    if not all(isinstance(day, datetime.date) for day in days):
        return None
    return (min(days), max(days)) if days else (None, None)


def unreadable_numbers(connection, table: str, target: Path) -> bool:
    """True when a file that would be linked holds a number that is none, or an infinite day."""
    tests = [
        f"not isfinite({quoted(column.name)})"
        for column in layout.tables()[table]
        if column.type in ("DOUBLE", "DATE", "TIMESTAMP")
    ]
    if not tests:
        return False
    return bool(_count(connection, target, " or ".join(tests)))
