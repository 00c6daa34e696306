"""Takes rows that cannot be used out of the landed tables, and keeps them with the reason.

Only rows of checks that set rows aside: a key used before, nobody's event, an impossible date. The
table as it came is kept beside the landing, so that the next check sees it again.
"""

from __future__ import annotations

import os
from pathlib import Path

from myelomart import warehouse
from myelomart.quality.checks import Count, shape_of
from myelomart.quality.lookups import path_of
from myelomart.quality.scan import joined
from myelomart.sources import folder as kept
from myelomart.warehouse import literal, quoted

REASONS = {
    "key_is_unique": "the key was used by an earlier row",
    "person_exists": "the person is not in the person table",
    "date_is_possible": "the date is before 1900 or after the data were cut",
}


def set_aside(connection, landing: Path, counts: list[Count]) -> dict[tuple[str, str], int]:
    """Take failing rows out; return how many, by source and table.

    ``counts`` are of one source, whose lookups ``connection`` still holds (`scan.make_lookups`).
    """
    taken = {}
    for table in sorted({count.check.table for count in counts}):
        failing = [
            count for count in counts
            if count.check.table == table and count.check.sets_aside and count.failing
        ]  # fmt: skip
        if failing:
            source = failing[0].source
            taken[source, table] = _set_aside_rows(connection, landing, source, table, failing)
    return taken


def _set_aside_rows(
    connection, landing: Path, source: str, table: str, failing: list[Count]
) -> int:
    shape = shape_of(table)
    conditions = {
        count.check.name: "row_of_key > 1"
        if count.check.name == "key_is_unique"
        else f"coalesce(({count.check.counted}) and ({count.check.fails}), false)"
        for count in failing
    }
    part = kept.landed_path(landing, source, table)
    as_it_came_path = kept.kept_path(landing, source, table)
    as_it_came_path.parent.mkdir(parents=True, exist_ok=True)
    os.replace(part, as_it_came_path)
    faults = kept.faults_path(landing, source, table)
    order = f"partition by {quoted(shape.key)} order by all_in_one" if shape.key else ""
    of_key = f"row_number() over ({order})" if "key_is_unique" in conditions else "1"
    event = f"""(
        select *, {of_key} as row_of_key
        from (select *, row_number() over () as row_number,
            {"cast(to_json(columns_of) as varchar)" if of_key != "1" else "null"} as all_in_one
            from {path_of(landing, source, table)} as columns_of)
    )"""
    reasons = ", ".join(
        f"case when {condition} then {literal(REASONS[name])} end"
        for name, condition in conditions.items()
    )
    select = f"""
        select event.*, array_to_string(list_filter([{reasons}], lambda x: x is not null), '; ')
            as reason
        from {joined(shape, event)}
    """
    connection.execute(f"create or replace temp view with_reasons as {select}")
    _copy(
        connection,
        "select * exclude (row_number, all_in_one, row_of_key, reason) from with_reasons "
        "where reason = ''",
        part,
    )
    _copy(
        connection,
        f"""
        select
            {literal(table)} as table_name, 'part.parquet' as file_name,
            {literal(", ".join(sorted({count.check.column for count in failing})))} as column_names,
            reason, 'row set aside' as action,
            cast(to_json(faulty) as varchar) as row_as_json, row_number
        from (
            select * exclude (all_in_one, row_of_key) from with_reasons where reason != ''
        ) as faulty
        """,
        faults,
    )
    return warehouse.value(connection, f"select count(*) from read_parquet({literal(faults)})")


def _copy(connection, query: str, target: Path) -> None:
    temporary = target.with_name(target.name + ".new")
    connection.execute(f"copy ({query}) to {literal(temporary)} (format parquet, compression zstd)")
    os.replace(temporary, target)
