"""Counts in DuckDB how many rows of each landed table fail each check: one pass a table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from myelomart import warehouse
from myelomart.quality import across
from myelomart.quality.checks import CONCEPTS, WHOLE, Check, Count, Shape, checks_of, shape_of
from myelomart.quality.lookups import make_lookups, path_of
from myelomart.sources import layout
from myelomart.warehouse import quoted

NEEDED_TABLES = {
    "observation_period",
    "visit_occurrence",
    "condition_occurrence",
    "drug_exposure",
    "procedure_occurrence",
    "measurement",
    "death",
    "trinetx_encounter",
    "trinetx_diagnosis",
    "trinetx_procedure",
    "trinetx_medication_ingredient",
    "trinetx_lab_result",
}
MONTHS_WORTH_COUNTING = 24
ROWS_WORTH_COUNTING = 30  # in the median month
LOW_VOLUME = 0.1  # of the median month
# what conditions look up besides person, visit and concept: by table, the column of each
DRUG_KEYS = {"drug_exposure": "drug_concept_id", "trinetx_medication_ingredient": "code"}
TEST_KEYS = {
    "measurement": ("measurement_concept_id", "event.unit_concept_id"),
    "trinetx_lab_result": ("code", "lower(trim(event.units_of_measure))"),
}


def scan_source(connection, landing: Path, entry: dict) -> list[Count]:
    """All counts of one source, whose ``entry`` of the manifest names what landed."""
    name = entry["name"]
    is_trinetx = entry["format"].startswith("TriNetX")
    tables = layout.trinetx_tables() if is_trinetx else layout.cdm_tables()
    make_lookups(connection, landing, name, is_trinetx)
    counts = []
    for table in tables:
        landed = entry["tables"][table]
        counts += _as_landed(name, table, landed)
        if landed["rows"]:
            counts += scan_table(connection, landing, name, table)
    return counts + across.counts_across(connection, landing, name, is_trinetx)


def scan_table(connection, landing: Path, source: str, table: str) -> list[Count]:
    """The counts of one table: keys, every condition in one pass, the volume of its months."""
    shape = shape_of(table)
    path = path_of(landing, source, table)
    checks = usable_checks(connection, table)
    of_keys = [check for check in checks if check.name == "key_is_unique"]
    of_rows = [check for check in checks if check.name != "key_is_unique"]
    counts = [Count(source, check, *doubled_keys(connection, path, shape.key)) for check in of_keys]
    if of_rows:
        result = warehouse.rows(connection, counting_query(of_rows, shape, path))[0]
        pairs = zip(of_rows, result[::2], result[1::2], strict=True)
        counts += [Count(source, check, counted, failing) for check, counted, failing in pairs]
    return counts + _monthly_volume(connection, landing, source, shape)


def doubled_keys(connection, path: str, key: str) -> tuple[int, int]:
    """How many rows have a key, and how many of them one that an earlier row has.

    Keys that only ever rise, as most exports write them, are unique: no need to gather them all.
    """
    key = quoted(key)
    counted, unrisen = warehouse.rows(
        connection,
        f"""
        select count(*), count(*) filter (where key <= key_before)
        from (
            select {key} as key, lag({key}) over () as key_before
            from {path} where {key} is not null
        )
        """,
    )[0]
    if not unrisen:
        return counted, 0
    return counted, warehouse.value(
        connection, f"select count({key}) - count(distinct {key}) from {path}"
    )


def usable_checks(connection, table: str) -> list[Check]:
    """The checks of ``table`` that what the source has allows: no visits, no check of visits."""
    has_vocabulary = warehouse.value(connection, "select count(*) > 0 from concept")
    has_visits = warehouse.value(connection, "select count(*) > 0 from visit")
    return [
        check
        for check in checks_of(table, bool(has_vocabulary))
        if has_visits or check.name != "visit_exists"
    ]


def counting_query(checks: list[Check], shape: Shape, path: str) -> str:
    """One plain SQL query that counts, per check, the rows it looks at and those that fail."""
    columns = []
    for check in checks:
        columns.append(f"count(*) filter (where {check.counted})")
        columns.append(f"count(*) filter (where ({check.counted}) and ({check.fails}))")
    return f"select {', '.join(columns)} from {joined(shape, path)}"


def joined(shape: Shape, path: str) -> str:
    """The FROM clause of a table with what its conditions look up."""
    parts = [f"{path} as event cross join span"]
    if shape.person:
        parts.append(f"left join person on event.{shape.person} = person.person_key")
    if shape.visit:
        parts.append(f"left join visit on event.{shape.visit} = visit.visit_key")
    concept = CONCEPTS.get(shape.table)
    if concept:
        parts.append(f"left join concept on event.{concept} = concept.concept_id")
    if shape.table in DRUG_KEYS:
        parts.append(f"left join launch on event.{DRUG_KEYS[shape.table]} = launch.drug_key")
    if shape.table in TEST_KEYS:
        test, unit = TEST_KEYS[shape.table]
        parts.append(f"left join lab on event.{test} = lab.test_key")
        parts.append(
            f"left join known_unit on event.{test} = known_unit.test_key "
            f"and {unit} = known_unit.unit_key"
        )
    return " ".join(parts)


def _as_landed(source: str, table: str, landed: dict) -> list[Count]:
    """What the landing already knows: whether the table is there and what could not be read."""
    counts = []
    if table in NEEDED_TABLES:
        check = replace(WHOLE["table_is_there"], table=table)
        counts.append(Count(source, check, 1, int(landed["rows"] == 0)))
    if landed["rows"]:
        check = replace(WHOLE["columns_are_there"], table=table)
        missing = len(landed["columns_missing"])
        counts.append(Count(source, check, len(layout.tables()[table]), missing))
    if landed["form"] not in ("absent", "linked parquet"):
        check = replace(WHOLE["values_are_readable"], table=table)
        faults = landed["rows_set_aside"] + landed["cells_emptied"]
        counts.append(Count(source, check, landed["rows"] + landed["rows_set_aside"], faults))
    return counts


def _monthly_volume(connection, landing: Path, source: str, shape: Shape) -> list[Count]:
    """Months between the 5th and the 95th percentile of dates with hardly any rows."""
    if not shape.start or shape.table in ("death", "observation_period", "episode"):
        return []
    months = f"""
        with months as (
            select date_trunc('month', {quoted(shape.start)}) as month, count(*) as events
            from {path_of(landing, source, shape.table)} where {quoted(shape.start)} is not null
            group by 1
        ),
        cumulated as (
            select month, events, sum(events) over (order by month) / sum(events) over () as share
            from months
        ),
        middle as (select * from cumulated where share between 0.05 and 0.95)
        select
            date_diff('month', min(month), max(month)) + 1,
            count(*) filter (where events >= {LOW_VOLUME} * (select median(events) from middle)),
            median(events)
        from middle
    """
    expected, filled, usual = warehouse.rows(connection, months)[0]
    if (usual or 0) < ROWS_WORTH_COUNTING or expected < MONTHS_WORTH_COUNTING:
        return []
    check = replace(WHOLE["months_are_filled"], table=shape.table)
    return [Count(source, check, expected, expected - filled)]
