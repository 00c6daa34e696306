"""What landed: tables, columns, rows set aside, cells emptied, keys, months, days of the source."""

from __future__ import annotations

from myelomart.quality.lookups import rows_and_unrisen
from myelomart.quality.scanned import Scanned
from myelomart.quality.shapes import NOT_BY_MONTH, STARTS_AND_ENDS, shape_of
from myelomart.sources import layout
from myelomart.sources.folder import set_aside_path
from myelomart.sources.values import is_text_id, number_of_text
from myelomart.warehouse import literal, quoted

OF_OTHER_VERSIONS = {("person", "death_datetime")}  # CDM v6: v5 rightly lacks it
UNREADABLE = ("", "opened")  # why rows were set aside that could not be read, placed or understood
MIDDLE = (0.05, 0.95)  # of all rows by date: feeds begin and end slowly
ROWS_WORTH_COUNTING = 30  # in the median month: below it a month may be empty by chance


def landed_tables(scanned: Scanned) -> list[str]:
    """One row per table of the layout: is it there, and has it rows?"""
    rows = []
    for table in scanned.tables:
        landed = scanned.entry["tables"][table]
        rows.append((table, landed["form"] != "absent", landed["rows"]))
    return [_values("landed_tables", "table_name, is_there, row_count", rows)]


def landed_columns(scanned: Scanned) -> list[str]:
    """One row per column of the standard in each table that has rows."""
    rows = [
        (table, column.name in scanned.entry["tables"][table]["columns_missing"], column.name)
        for table in scanned.filled
        for column in layout.tables()[table]
        if (table, column.name) not in OF_OTHER_VERSIONS
    ]
    return [_values("landed_columns", "table_name, is_missing, detail", rows)]


def landed_rows(scanned: Scanned) -> list[str]:
    """The rows that landed and each row that was set aside because it could not be read."""
    kinds = "table_name varchar, is_set_aside boolean, person_key varchar, is_myeloma boolean"
    kinds += ", detail varchar, records bigint"
    statements = [f"create or replace temp table landed_rows ({kinds})"]
    for table in scanned.tables:
        landed = scanned.entry["tables"][table]
        if landed["form"] == "absent" or not landed["rows"] + landed["rows_set_aside"]:
            continue
        # a resource that says itself that it is no fact (refused) is not unreadable
        paths = [set_aside_path(scanned.landing, scanned.name, table, why) for why in UNREADABLE]
        listed = [literal(path) for path in paths if path.exists()]
        if not (listed and landed["rows_set_aside"]):
            statements.append(
                f"insert into landed_rows values "
                f"('{table}', false, null, null, null, {landed['rows']})"
            )
            continue
        person = shape_of(table).person
        key = f"cast({person} as varchar)" if person else "null"
        names = [name for name in (person, (person or "").upper()) if name]
        found = [f"json_extract_string(row_as_json, '$.{name}')" for name in names]
        of_row = f"coalesce({', '.join(found)})" if found else "null"
        if person == "person_id":
            of_text = f"cast({number_of_text(of_row)} as varchar)"
            of_row = f"case when {is_text_id(of_row)} then {of_text} else {of_row} end"
        statements.append(
            f"""
            insert into landed_rows
            select
                '{table}', is_set_aside, people.person_key, myeloma.person_key is not null, reason,
                records
            from (
                select
                    false as is_set_aside, {key} as person_key, null as reason, count(*) as records
                from {scanned.path(table)} group by all
                union all
                select true as is_set_aside, {of_row} as person_key, reason, 1 as records
                from read_parquet([{", ".join(listed)}]) where action = 'row set aside'
            ) as people
            left join (select cast(person_key as varchar) as person_key from myeloma_person)
                as myeloma using (person_key)
            """
        )
    return statements


def landed_cells(scanned: Scanned) -> list[str]:
    """The rows that landed, and the cells of them that were emptied."""
    rows = []
    for table in scanned.filled:
        landed = scanned.entry["tables"][table]
        emptied = landed["cells_emptied"]
        rows += [(table, True, emptied), (table, False, max(landed["rows"] - emptied, 0))]
    return [_values("landed_cells", "table_name, is_emptied, records", rows)]


def keys(scanned: Scanned) -> list[str]:
    """The rows whose key is their own, and each later row of a key: a repeat or a collision."""
    kinds = "is_repeat boolean, is_collision boolean, person_key varchar, is_myeloma boolean"
    statements = [
        f"create or replace temp table keys (table_name varchar, {kinds}, records bigint)"
    ]
    for table in scanned.filled:
        shape = shape_of(table)
        if shape.key is None:
            continue
        path, key = scanned.path(table), quoted(shape.key)
        counted, unrisen = rows_and_unrisen(scanned.connection, key, path)
        by_key = f"order by {key}"
        doubled = unrisen and rows_and_unrisen(scanned.connection, key, path, by_key)[1]
        statements.append(
            f"insert into keys values ('{table}', false, false, null, null, {counted - doubled})"
        )
        if doubled:
            statements.append(_later_rows(table, path, key, shape.person or shape.key))
    return statements


def _later_rows(table: str, path: str, key: str, person: str) -> str:
    return f"""
        insert into keys
        select
            '{table}', row_of_content > 1, row_of_content = 1, people.person_key,
            myeloma.person_key is not null, 1
        from (
            select
                cast({quoted(person)} as varchar) as person_key,
                row_number() over (partition by key, content) as row_of_content,
                row_number() over (partition by key order by content) as row_of_key
            from (
                select {key} as key, {quoted(person)}, cast(to_json(event) as varchar) as content
                from {path} as event
                where {key} in (select {key} from {path} group by 1 having count(*) > 1)
            )
        ) as people
        left join (select cast(person_key as varchar) as person_key from myeloma_person)
            as myeloma using (person_key)
        where row_of_key > 1
    """


def months(scanned: Scanned) -> list[str]:
    """One row per table and month between the 5th and the 95th percentile of its dates.

    None where each person's dates are moved apart: there months say nothing of a feed.
    """
    parts = []
    for table in [] if scanned.shifted_by == "person" else scanned.filled:
        start, _ = STARTS_AND_ENDS.get(table, (None, None))
        if not start or table in NOT_BY_MONTH:
            continue
        parts.append(
            f"""
            select '{table}' as table_name, date_trunc('month', {quoted(start)}) as month,
                count(*) as event_count
            from {scanned.path(table)} where {quoted(start)} is not null group by 2
            """
        )
    nothing = "select '' as table_name, null::date as month, 0 as event_count where false"
    counted = " union all ".join(parts) or nothing
    return [
        f"""
        create or replace temp table months as
        with counted as ({counted}),
        cumulated as (
            select
                *,
                sum(event_count) over (partition by table_name order by month)
                / sum(event_count) over (partition by table_name) as share
            from counted
        ),
        middle as (select * from cumulated where share between {MIDDLE[0]} and {MIDDLE[1]}),
        usual as (
            select
                table_name, min(month) as first_month, max(month) as last_month,
                median(event_count) as usual_event_count
            from middle group by 1
        ),
        every_month as (
            select
                table_name, usual_event_count,
                unnest(generate_series(first_month, last_month, interval 1 month)) as month
            from usual where usual_event_count >= {ROWS_WORTH_COUNTING}
        )
        select table_name, month, coalesce(event_count, 0) as event_count, usual_event_count
        from every_month left join counted using (table_name, month)
        """
    ]


def source_facts(scanned: Scanned) -> list[str]:
    """One row: the source's own dates, its records after them, and the size of its vocabulary."""
    if scanned.is_trinetx:
        released = f"max(date_created) from {scanned.path('trinetx_dataset_details')}"
    else:
        released = (
            "max(greatest(source_release_date, cdm_release_date)) "
            f"from {scanned.path('cdm_source')}"
        )
    lasts, laters = [], []
    for table in scanned.filled:
        start, _ = STARTS_AND_ENDS.get(table, (None, None))
        if start and table not in NOT_BY_MONTH:
            possible = f"{quoted(start)} <= (select last_date from span)"
            lasts.append(
                f"select max({quoted(start)}) filter (where {possible}) as day "
                f"from {scanned.path(table)}"
            )
            if scanned.shifted_by:  # the day of a release is not moved
                continue
            laters.append(
                f"select count(*) as n from {scanned.path(table)} "
                f"where {possible} and {quoted(start)} > (select day from released)"
            )
    no_row = "select null::date as day where false"
    return [
        f"create or replace temp table released as select (select {released}) as day",
        f"""
        create or replace temp table source_facts as
        select
            facts.*,
            case when records_after_release > 0 or release_date > today
                then 'released ' || release_date || ', records until ' || last_record_date
            end as detail
        from (
            select
                (select day from released) as release_date,
                (select max(day) from ({" union all ".join(lasts) or no_row})) as last_record_date,
                (select coalesce(sum(n), 0) from ({" union all ".join(laters) or "select 0 as n"}))
                as records_after_release,
                (select last_date - 1 from span) as today,
                (select count(*) from person) as person_count,
                (select count(*) from myeloma_person) as myeloma_person_count,
                (select count(*) from concept) as concept_count,
                (select count(*) from {scanned.path("concept_ancestor")}) as ancestor_count
        ) as facts
        """,
    ]


def _values(name: str, columns: str, rows: list[tuple]) -> str:
    """A relation from values that Python knows."""
    names = [column.strip() for column in columns.split(",")]
    if not rows:
        empty = ", ".join(f"null as {column}" for column in names)
        return f"create or replace temp table {name} as select {empty} where false"
    values = ", ".join("(" + ", ".join(_constant(cell) for cell in row) + ")" for row in rows)
    return (
        f"create or replace temp table {name} as "
        f"select * from (values {values}) as given ({', '.join(names)})"
    )


def _constant(cell: object) -> str:
    if cell is None:
        return "null"
    if isinstance(cell, bool):
        return str(cell).lower()
    return str(cell) if isinstance(cell, int) else literal(str(cell))
