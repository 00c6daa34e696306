"""Takes rows that cannot be used out of the landed tables, and keeps them with the reason.

Rows of checks whose failing rows are set aside, and repeats of a row. A row that differs from an
earlier one of the same key stays, under a new id; an impossible day of death is emptied and the
death stays. The table as it came is kept beside the landing, for the next check to see it again.
"""

from __future__ import annotations

import os
from pathlib import Path

from myelomart import warehouse
from myelomart.quality.checks import DATE_EMPTIED, SET_ASIDE, Count
from myelomart.quality.lookups import path_of
from myelomart.quality.shapes import from_clause, shape_of
from myelomart.sources import folder as kept
from myelomart.sources import layout
from myelomart.warehouse import literal, quoted

REPEATED = "the row is the same as an earlier one"
SHARED = "an earlier row has the key: kept under a new id"
USED = "the key was used by an earlier row"
NO_DAY = "the date is impossible: the day is unknown"


def set_aside(connection, landing: Path, counts: list[Count]) -> dict[tuple[str, str], int]:
    """Take failing rows out; return how many, by source and table.

    ``counts`` are of one source, whose lookups ``connection`` still holds (`lookups.make_lookups`).
    """
    taken = {}
    for table in sorted({count.check.table_name for count in counts}):
        failing = [count for count in counts if count.check.table_name == table and count.failing]
        by_row = [
            count for count in failing
            if count.check.failing_rows in (SET_ASIDE, DATE_EMPTIED) and not count.check.rows_from
        ]  # fmt: skip
        has_doubles = any(count.check.rows_from == "keys" for count in failing)
        if by_row or has_doubles:
            source = failing[0].source
            taken[source, table] = _rewrite(connection, landing, source, table, by_row, has_doubles)
    return {place: rows for place, rows in taken.items() if rows}


def _rewrite(
    connection, landing: Path, source: str, table: str, by_row: list[Count], has_doubles: bool
) -> int:
    part = kept.landed_path(landing, source, table)
    as_it_came = kept.kept_path(landing, source, table)
    as_it_came.parent.mkdir(parents=True, exist_ok=True)
    os.replace(part, as_it_came)
    faults = kept.faults_path(landing, source, table)
    shape = shape_of(table)
    conditions = {
        count: f"coalesce(({count.check.counted or 'true'}) and ({count.check.fails}), false)"
        for count in by_row
    }
    reasons = [
        f"case when {condition} then {literal(_reason(count))} end"
        for count, condition in conditions.items()
        if count.check.failing_rows == SET_ASIDE
    ]
    emptied = " or ".join(
        condition
        for count, condition in conditions.items()
        if count.check.failing_rows == DATE_EMPTIED
    )
    is_renumbered = "false"
    if has_doubles:
        reasons.append(f"case when event.row_of_content > 1 then {literal(REPEATED)} end")
        if table == "person":  # two people cannot be told apart by a number that we make up
            reasons.append(f"case when event.row_of_key > 1 then {literal(USED)} end")
        else:
            is_renumbered = "event.row_of_key > 1"
    event = _numbered(path_of(landing, source, table), shape.key if has_doubles else None)
    used = " ".join(conditions.values())
    connection.execute(
        f"""
        create or replace temp view with_reasons as
        select
            event.*,
            array_to_string(list_filter([{", ".join(reasons)}], lambda x: x is not null), '; ')
            as reason,
            {emptied or "false"} as is_date_emptied,
            {is_renumbered} as is_renumbered
        from {from_clause(table, event, used)}
        """
    )
    columns = [quoted(column.name) for column in layout.tables()[table]]
    written = {column: column for column in columns}
    if emptied:
        day = quoted(shape.start)
        written[day] = f"case when not is_date_emptied then {day} end as {day}"
    if has_doubles:
        # below zero no source has an id; made from the row, it is the same in every run
        number = "-cast('0x' || left(md5(content), 15) as bigint)"
        key = quoted(shape.key)
        written[key] = f"case when is_renumbered then {number} else {key} end as {key}"
    kept_rows = f"select {', '.join(written.values())} from with_reasons where reason = ''"
    _copy(connection, kept_rows, part)
    looked_at = {count.check.column_name for count in by_row}
    looked_at |= {shape.key} if has_doubles else set()
    _copy(
        connection,
        f"""
        select
            {literal(table)} as table_name, 'part.parquet' as file_name,
            {literal(", ".join(sorted(looked_at)))} as column_names,
            case
                when reason != '' then reason
                when is_date_emptied then {literal(NO_DAY)}
                else {literal(SHARED)}
            end as reason,
            case
                when reason != '' then 'row set aside'
                when is_date_emptied then 'cell emptied'
                else 'row kept under a new id'
            end as action,
            cast(to_json(struct_pack({", ".join(columns)})) as varchar) as row_as_json, row_number
        from with_reasons where reason != '' or is_date_emptied or is_renumbered
        """,
        faults,
    )
    return warehouse.value(
        connection,
        f"select count(*) from read_parquet({literal(faults)}) where action = 'row set aside'",
    )


def _reason(count: Count) -> str:
    """What is wrong with a row, in words: «date is impossible (measurement_date)»."""
    column = f" ({count.check.column_name})" if count.check.column_name else ""
    return count.check.check_name.replace("_", " ") + column


def _numbered(path: str, key: str | None) -> str:
    """The rows with their number; with ``key`` also their place among those of one key."""
    if key is None:
        return f"(select *, row_number() over () as row_number from {path})"
    key = quoted(key)
    return f"""(
        select
            numbered.*, doubled.content,
            coalesce(doubled.row_of_content, 1) as row_of_content,
            coalesce(doubled.row_of_key, 1) as row_of_key
        from (select *, row_number() over () as row_number from {path}) as numbered
        left join (
            select
                row_number, content,
                row_number() over (partition by key, content order by row_number) as row_of_content,
                row_number() over (partition by key order by content, row_number) as row_of_key
            from (
                select key, row_number, cast(to_json(whole) as varchar) as content
                from (
                    select {key} as key, row_number() over () as row_number, one as whole
                    from {path} as one
                )
                where key in (select {key} from {path} group by 1 having count(*) > 1)
            )
        ) as doubled using (row_number)
    )"""


def _copy(connection, query: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(target.name + ".new")
    connection.execute(f"copy ({query}) to {literal(temporary)} (format parquet, compression zstd)")
    os.replace(temporary, target)
