"""Counts in DuckDB how many rows of each landed table fail each check: one pass a table."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path

from myelomart import warehouse
from myelomart.project import project_root
from myelomart.quality.checks import (
    CONCEPTS,
    EARLIEST_DATE,
    WHOLE,
    Check,
    Shape,
    checks_of,
    shape_of,
)
from myelomart.sources import kept, layout
from myelomart.warehouse import literal, quoted

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
MYELOMA_PREFIXES = ("C900", "2030")
BCMA_PRODUCTS = ("ide_cel", "cilta_cel")
SAME_UNITS = {("10*9/L", "10*3/uL"), ("mg/24 h", "mg/(24.h)")}


@dataclass(frozen=True)
class Count:
    """How many of the ``counted`` rows of a source's table fail a check."""

    source: str
    check: Check
    counted: int
    failing: int

    @property
    def share(self) -> float:
        """Failing rows among those counted; 0 when none is counted."""
        return self.failing / self.counted if self.counted else 0.0


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
    if not is_trinetx:
        counts += _mixed_units(connection, landing, name)
        counts += _infusions_without_diagnosis(connection, landing, name)
    return counts


def scan_table(connection, landing: Path, source: str, table: str) -> list[Count]:
    """The counts of one table: every condition in one pass, then the volume of its months."""
    shape = shape_of(table)
    checks = usable_checks(connection, table)
    if not checks:
        return []
    query = counting_query(checks, shape, path_of(landing, source, table))
    result = warehouse.rows(connection, query)[0]
    pairs = zip(checks, result[::2], result[1::2], strict=True)
    counts = [Count(source, check, counted, failing) for check, counted, failing in pairs]
    return counts + _monthly_volume(connection, landing, source, shape)


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
        if check.name == "key_is_unique":
            key = f"event.{quoted(shape.key)}"
            columns += [f"count({key})", f"count({key}) - count(distinct {key})"]
        else:
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
    if shape.table == "drug_exposure":
        parts.append("left join launch on event.drug_concept_id = launch.concept_id")
    if shape.table == "measurement":
        parts.append("left join lab on event.measurement_concept_id = lab.concept_id")
    return " ".join(parts)


def path_of(landing: Path, source: str, table: str) -> str:
    """SQL that reads a landed table as it came, before any row was set aside for its quality."""
    is_kept = kept.is_kept(landing, source, table)
    path = kept.kept_path if is_kept else kept.landed_path
    file = path(landing, source, table)
    return f"read_parquet({literal(file)}, hive_partitioning = false)"


def make_lookups(connection, landing: Path, source: str, is_trinetx: bool) -> None:
    """Make the small tables that conditions look up: span, person, visit, concept, launch, lab."""

    def landed(table: str) -> str:
        return path_of(landing, source, table)

    if is_trinetx:
        persons = f"""
            select
                patient_id as person_key,
                min(year_of_birth) as birth_year,
                min(last_day(try_cast(month_year_death[:4] || '-' || month_year_death[5:6] || '-01'
                    as date))) as death_date
            from {landed("trinetx_patient")} group by 1
        """
        visits = f"select distinct encounter_id as visit_key from {landed('trinetx_encounter')}"
    else:
        persons = f"""
            select
                people.person_id as person_key,
                min(people.care_site_id) as site,
                min(people.year_of_birth) as birth_year,
                min(deaths.death_date) as death_date
            from {landed("person")} as people
            left join {landed("death")} as deaths using (person_id)
            group by 1
        """
        visits = (
            f"select distinct visit_occurrence_id as visit_key from {landed('visit_occurrence')}"
        )
    span = f"""
        select
            date '{EARLIEST_DATE}' as first_date,
            coalesce(max(greatest(source_release_date, cdm_release_date)), current_date)
                as last_date
        from {landed("cdm_source")}
    """
    concepts = f"select distinct concept_id from {landed('concept')}"
    for name, query in {
        "span": span,
        "person": persons,
        "visit": visits,
        "concept": concepts,
        "launch": _launch_query(landed),
        "lab": _lab_query(),
    }.items():
        connection.execute(f"create or replace temp table {name} as {query}")


def _launch_query(landed) -> str:
    launches = {row["concept_set_id"]: row["launched_on"] for row in _seed("drug_launches")}
    known = [
        (int(row["concept_id"]), launches[row["concept_set_id"]])
        for row in _seed("concept_set_members")
        if row["concept_set_id"] in launches and row["concept_id"] and row["category"] == "drug"
        and not row["valid_from"]
    ]  # fmt: skip
    values = ", ".join(f"({concept}, date '{day}')" for concept, day in known)
    return f"""
        with ingredient (concept_id, launched_on) as (values {values}),
        below as (
            select ancestors.descendant_concept_id as concept_id, ingredient.launched_on
            from {landed("concept_ancestor")} as ancestors
            inner join ingredient on ancestors.ancestor_concept_id = ingredient.concept_id
        )
        select concept_id, min(launched_on) as launched_on
        from (from ingredient union all from below) group by 1
    """


def _lab_query() -> str:
    units = {row["concept_set_id"]: row for row in _seed("concept_sets")}
    limits = {}
    for row in _seed("lab_limits", "clinical_rules"):
        unit = units[row["lab"]]
        pair = (row["canonical_unit"], unit["canonical_unit"])
        is_same = pair[0] == pair[1] or pair in SAME_UNITS
        limits[row["lab"]] = (row, unit["canonical_unit_concept_id"] if is_same else "")
    values = ", ".join(
        f"({member['concept_id']}, {literal(member['concept_set_id'])}, {row['hard_low']}, "
        f"{row['hard_high']}, {unit or 'null'})"
        for member in _seed("concept_set_members")
        if member["concept_set_id"] in limits and member["concept_id"] and not member["caveat"]
        for row, unit in [limits[member["concept_set_id"]]]
    )
    return f"""
        select
            concept_id, any_value(lab) as lab, any_value(hard_low) as hard_low,
            any_value(hard_high) as hard_high, any_value(unit_concept_id) as unit_concept_id
        from (values {values}) as labs (concept_id, lab, hard_low, hard_high, unit_concept_id)
        group by 1
    """


def _seed(name: str, folder: str = "concept_sets") -> list[dict]:
    path = project_root() / "seeds" / folder / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _as_landed(source: str, table: str, landed: dict) -> list[Count]:
    """What the landing already knows: whether the table is there and what could not be read."""
    counts = []
    if table in NEEDED_TABLES:
        check = replace(WHOLE["table_is_there"], table=table)
        counts.append(Count(source, check, 1, int(landed["rows"] == 0)))
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


def _mixed_units(connection, landing: Path, source: str) -> list[Count]:
    """Tests of one site that come in more than one unit."""
    tests, mixed = warehouse.rows(
        connection,
        f"""
        with units as (
            select
                event.measurement_concept_id,
                person.site,
                count(distinct
                    coalesce(nullif(event.unit_concept_id, 0)::varchar, event.unit_source_value)
                ) as units
            from {path_of(landing, source, "measurement")} as event
            inner join lab on event.measurement_concept_id = lab.concept_id
            left join person on event.person_id = person.person_key
            where event.value_as_number is not null
            group by 1, 2
        )
        select count(*), count(*) filter (where units > 1) from units
        """,
    )[0]
    return [Count(source, WHOLE["units_are_not_mixed"], tests, mixed)] if tests else []


def _infusions_without_diagnosis(connection, landing: Path, source: str) -> list[Count]:
    members = [
        row for row in _seed("concept_set_members") if row["concept_set_id"] in BCMA_PRODUCTS
    ]
    concepts = ", ".join(row["concept_id"] for row in members if row["concept_id"])
    codes = ", ".join(literal(row["code"]) for row in members)
    myeloma = [
        row["concept_id"]
        for row in _seed("concept_set_members")
        if row["concept_set_id"] == "multiple_myeloma" and row["concept_id"]
    ]
    plain = "replace(condition_source_value, '.', '')"
    coded = " or ".join(f"starts_with({plain}, {literal(code)})" for code in MYELOMA_PREFIXES)
    infused, undiagnosed = warehouse.rows(
        connection,
        f"""
        with infused as (
            select person_id from {path_of(landing, source, "drug_exposure")}
            where drug_concept_id in ({concepts}) or drug_source_value in ({codes})
            union
            select person_id from {path_of(landing, source, "procedure_occurrence")}
            where procedure_source_value in ({codes})
        ),
        diagnosed as (
            select distinct person_id from {path_of(landing, source, "condition_occurrence")}
            where condition_concept_id in ({", ".join(myeloma)}) or {coded}
        )
        select count(*), count(*) filter (where diagnosed.person_id is null)
        from infused left join diagnosed using (person_id)
        """,
    )[0]
    check = WHOLE["infusion_has_a_diagnosis"]
    return [Count(source, check, infused, undiagnosed)] if infused else []
