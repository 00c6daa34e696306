"""Runs the rows of checks in DuckDB: one pass over each table and each relation that they name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import duckdb

from myelomart import warehouse
from myelomart.errors import QualityError
from myelomart.quality.checks import KEPT, Check, Count
from myelomart.quality.lookups import make_lookups
from myelomart.quality.relations import MAKERS, make_relation
from myelomart.quality.scanned import Scanned
from myelomart.quality.shapes import from_clause, shape_of

SHOWN_DETAILS = 10
TOUCHED = ("persons", "myeloma_persons", "myeloma_counted", "myeloma_failing")


def scan_source(
    connection, landing: Path, entry: dict, checks: Iterable[Check]
) -> tuple[list[Count], dict]:
    """All counts of one source and the facts about it; ``entry`` of the manifest says what landed.

    Raises ``QualityError`` that names the check whose SQL cannot be run.
    """
    scanned = Scanned(connection, landing, entry)
    make_lookups(connection, landing, entry["name"], scanned.is_trinetx, bool(scanned.shifted_by))
    wanted = [check for check in usable_checks(scanned, checks) if not check.expectation]
    counts = []
    for relation, group in _grouped(wanted, "rows_from"):
        if relation:
            counts += _scan_relation(scanned, relation, group)
            continue
        for table, of_table in _grouped(group, "table_name"):
            if table in scanned.filled:
                counts += _scan_table(scanned, table, of_table)
    return [count for count in counts if count.counted >= count.check.at_least], _facts(scanned)


def usable_checks(scanned: Scanned, checks: Iterable[Check]) -> list[Check]:
    """The checks of the source's tables whose lookups have a row: no visits, no check of visits."""
    tables = set(scanned.tables)
    found = [check for check in checks if check.table_name in tables]
    has_rows = {
        name: warehouse.value(scanned.connection, f"select count(*) > 0 from {name}")
        for name in {check.needs for check in found if check.needs}
    }
    return [check for check in found if not check.needs or has_rows[check.needs]]


def _grouped(checks: list[Check], column: str):
    def key(check: Check) -> str:
        return getattr(check, column)

    return [(name, list(group)) for name, group in groupby(sorted(checks, key=key), key=key)]


def counting_query(checks: list[Check], source: str, weight: str = "") -> str:
    """One SQL query that counts, per check, the rows it looks at and those of them that fail."""
    columns = []
    for check in checks:
        counted = check.counted or "true"
        columns.append(f"{_number_of(weight)} filter (where {counted})")
        columns.append(f"{_number_of(weight)} filter (where ({counted}) and ({check.fails}))")
    return f"select {', '.join(columns)} from {source}"


def conditions_of(checks: Iterable[Check]) -> str:
    """The SQL of all conditions, from which the lookups that they name are read."""
    return " ".join(f"{check.counted} {check.fails}" for check in checks)


def _number_of(weight: str) -> str:
    return f"sum({weight})" if weight else "count(*)"


def _scan_table(scanned: Scanned, table: str, checks: list[Check]) -> list[Count]:
    """The counts of a table's rows, in one pass; a second finds whom the failing ones touch."""
    path = scanned.path(table)
    counts = _counted(scanned, checks, from_clause(table, path, conditions_of(checks)))
    person = shape_of(table).person or shape_of(table).key
    of_people = [count for count in counts if _asks_whom_it_touches(count)]
    if not person or not of_people:
        return counts
    used = conditions_of(count.check for count in of_people) + " person."
    source = from_clause(table, path, used)
    if " join person " not in source:
        return counts
    touched = _touched(scanned, of_people, source, f"event.{person}", "person.is_myeloma")
    return [touched.get(count.check.check_id, count) for count in counts]


def _scan_relation(scanned: Scanned, relation: str, checks: list[Check]) -> list[Count]:
    if relation not in MAKERS:
        raise QualityError(
            f"check {checks[0].check_id}: there is no relation «{relation}» to take rows from; "
            f"known are {', '.join(MAKERS)}."
        )
    columns = make_relation(scanned, relation)
    weight = "records" if "records" in columns else ""
    counts = [count for count in _counted(scanned, checks, relation, weight) if count.counted]
    if "detail" in columns:
        counts = [_with_detail(scanned, count, relation) for count in counts]
    if not {"person_key", "is_myeloma"} <= columns:
        return counts
    of_people = [count for count in counts if _asks_whom_it_touches(count)]
    touched = _touched(scanned, of_people, relation, "person_key", "is_myeloma", weight)
    return [touched.get(count.check.check_id, count) for count in counts]


def _counted(scanned: Scanned, checks: list[Check], source: str, weight: str = "") -> list[Count]:
    numbers = _run(scanned, checks, counting_query(checks, source, weight), source, weight)
    return [
        Count(scanned.name, check, int(counted or 0), int(failing or 0))
        for check, counted, failing in zip(checks, numbers[::2], numbers[1::2], strict=True)
    ]


def _run(scanned: Scanned, checks: list[Check], query: str, source: str, weight: str) -> tuple:
    """The one row of ``query``; a check whose SQL is at fault is looked for alone and named."""
    try:
        _only_a_query(query)
        return warehouse.rows(scanned.connection, query)[0]
    except (duckdb.Error, ValueError) as error:
        for check in checks:
            try:
                alone = counting_query([check], source, weight)
                _only_a_query(alone)
                warehouse.rows(scanned.connection, f"explain {alone}")
            except (duckdb.Error, ValueError) as of_check:
                where = check.changed_by or "quality_checks.csv"
                raise QualityError(
                    f"{where}: the check {check.check_id} is no condition that DuckDB can run: "
                    f"{str(of_check).splitlines()[0]}"
                ) from of_check
        raise QualityError(f"The checks cannot be run: {str(error).splitlines()[0]}") from error


def _only_a_query(query: str) -> None:
    """Refuse what is more than one SELECT: a condition must not end it and begin another."""
    statements = duckdb.extract_statements(query)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise ValueError("it is more than a condition")


def _asks_whom_it_touches(count: Count) -> bool:
    return bool(count.failing) and (
        count.check.failing_rows != KEPT or count.share > count.check.threshold
    )


def _touched(
    scanned: Scanned, counts: list[Count], source: str, person: str, myeloma: str, weight: str = ""
) -> dict[str, Count]:
    """``counts`` with the people that their failing rows are about, by check."""
    columns = []
    for count in counts:
        counted = f"({count.check.counted or 'true'})"
        failing = f"{counted} and ({count.check.fails})"
        columns += [
            f"count(distinct {person}) filter (where {failing})",
            f"count(distinct {person}) filter (where {failing} and {myeloma})",
            f"coalesce({_number_of(weight)} filter (where {counted} and {myeloma}), 0)",
            f"coalesce({_number_of(weight)} filter (where {failing} and {myeloma}), 0)",
        ]
    if not columns:
        return {}
    numbers = warehouse.rows(scanned.connection, f"select {', '.join(columns)} from {source}")[0]
    return {
        count.check.check_id: replace(
            count,
            **{
                name: int(number)
                for name, number in zip(TOUCHED, numbers[4 * place : 4 * place + 4], strict=True)
            },
        )
        for place, count in enumerate(counts)
    }


def _with_detail(scanned: Scanned, count: Count, relation: str) -> Count:
    """The count with what the relation tells of its failing rows."""
    if not count.failing:
        return count
    check = count.check
    told = warehouse.rows(
        scanned.connection,
        f"select distinct detail from {relation} where ({check.counted or 'true'}) "
        f"and ({check.fails}) and detail is not null order by 1 limit {SHOWN_DETAILS}",
    )
    return replace(count, detail=", ".join(detail for (detail,) in told))


def _facts(scanned: Scanned) -> dict:
    """What the page says of a source: its release, its last record, its people and rows."""
    make_relation(scanned, "source_facts")
    row = warehouse.rows(
        scanned.connection,
        "select release_date, last_record_date, person_count, myeloma_person_count "
        "from source_facts",
    )[0]
    released, last, people, with_myeloma = row
    return {
        "release_date": str(released) if released else None,
        "last_record_date": str(last) if last else None,
        "persons": people,
        "persons_with_myeloma": with_myeloma,
        "rows": sum(table["rows"] for table in scanned.entry["tables"].values()),
    }
