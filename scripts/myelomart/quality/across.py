"""The checks that look at more than one row: the units of a test, light chains, infusions.

A CDM and a TriNetX export differ in the names of their columns alone (``Columns``). Each query has
a row per thing that is counted and a column ``is_failing``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from myelomart import warehouse
from myelomart.quality.checks import UNITS_MISSING, WHOLE, Count
from myelomart.quality.lookups import path_of, plain, sets_of

# a quotient beyond this, or below its inverse, lies nearer to ten (a tenth) than to one
NEARER_TO_TEN = 10**0.5
KAPPA, LAMBDA, RATIO = "free_light_chain_kappa", "free_light_chain_lambda", "free_light_chain_ratio"

# one row per site and test: does it often lack the unit?
UNIT_MISSING = f"""
    select
        site, lab,
        sum(numbers) filter (where unit is null) > {UNITS_MISSING} * sum(numbers) as is_failing
    from units group by site, lab
"""
# one row per site and code of a test: does it come in several units?
UNITS_MIXED = "select count(distinct unit) > 1 as is_failing from units group by site, test"


@dataclass(frozen=True)
class Columns:
    """What a layout calls the tables and columns that these checks read.

    ``coded`` tables have a domain, a code and the concepts that may stand for it.
    """

    labs: str
    row: str
    person: str
    day: str
    test: str
    number: str
    unit_columns: str
    unit: str
    unit_key: str
    coded: dict[str, tuple[str, str, tuple[str, ...]]]
    people: str


CDM = Columns(
    labs="measurement",
    row="measurement_id",
    person="person_id",
    day="measurement_date",
    test="measurement_concept_id",
    number="value_as_number",
    unit_columns="unit_concept_id, unit_source_value",
    unit="coalesce(nullif(unit_concept_id, 0)::varchar, unit_source_value)",
    unit_key="unit_concept_id",
    coded={
        table: (
            domain,
            f"{domain}_source_value",
            (f"{domain}_concept_id", f"{domain}_source_concept_id"),
        )
        for table, domain in (
            ("drug_exposure", "drug"),
            ("procedure_occurrence", "procedure"),
            ("condition_occurrence", "condition"),
        )
    },
    people="person",
)
TRINETX = Columns(
    labs="trinetx_lab_result",
    row="row_id",
    person="patient_id",
    day="date",
    test="code",
    number="lab_result_num_val",
    unit_columns="units_of_measure",
    unit="units_of_measure",
    unit_key="lower(trim(units_of_measure))",
    coded={
        "trinetx_medication_ingredient": ("drug", "code", ()),
        "trinetx_medication_drug": ("drug", "code", ()),
        "trinetx_procedure": ("procedure", "code", ()),
        "trinetx_diagnosis": ("condition", "code", ()),
    },
    people="trinetx_patient",
)


def counts_across(connection, landing: Path, source: str, is_trinetx: bool) -> list[Count]:
    """The counts of these checks in one source, whose lookups ``connection`` holds."""
    columns = TRINETX if is_trinetx else CDM
    connection.execute(
        f"create or replace temp table units as {units_query(landing, source, columns)}"
    )
    counts = []
    for name, table, query in (
        ("unit_is_given", columns.labs, UNIT_MISSING),
        ("units_are_not_mixed", columns.labs, UNITS_MIXED),
        (
            "light_chains_fit_their_ratio",
            columns.labs,
            light_chains_query(landing, source, columns),
        ),
        ("infusion_has_a_diagnosis", columns.people, infusions_query(landing, source, columns)),
    ):
        counted, failing = warehouse.rows(
            connection, f"select count(*), count(*) filter (where is_failing) from ({query})"
        )[0]
        if counted:
            counts.append(Count(source, replace(WHOLE[name], table=table), counted, failing))
    return counts


def units_query(landing: Path, source: str, columns: Columns) -> str:
    """One row per site, code of a test and unit as given: how many numbers."""
    grouped = f"site, lab.lab, {columns.test}, {columns.unit_columns}"
    return f"""
        select site, lab, {columns.test} as test, {columns.unit} as unit, numbers
        from (
            select {grouped}, count(*) as numbers
            from {path_of(landing, source, columns.labs)} as event
            inner join lab on event.{columns.test} = lab.test_key
            left join person on event.{columns.person} = person.person_key
            where event.{columns.number} is not null
            group by {grouped}
        )
    """


def light_chains_query(landing: Path, source: str, columns: Columns) -> str:
    """One row per person and day with kappa, lambda and their ratio, each measured once."""

    def once(lab: str) -> str:
        only = f"filter (where lab = '{lab}')"
        return f"case when count(*) {only} = 1 then min(value) {only} end"

    return f"""
        with light_chain as (select * from lab where lab in ('{KAPPA}', '{LAMBDA}', '{RATIO}')),
        days as (
            select
                event.{columns.person} as person, event.{columns.day} as day, light_chain.lab,
                event.{columns.row} as row_id,
                event.{columns.number} * coalesce(known_unit.factor, 1) as value
            from {path_of(landing, source, columns.labs)} as event
            inner join light_chain on event.{columns.test} = light_chain.test_key
            left join known_unit
                on event.{columns.test} = known_unit.test_key
                and {columns.unit_key} = known_unit.unit_key
            where
                event.{columns.number} > 0
                and (known_unit.test_key is not null or light_chain.lab = '{RATIO}')
        ),
        quotients as (
            select
                min(row_id) filter (where lab = '{KAPPA}') as row_id,
                {once(KAPPA)} / {once(LAMBDA)} / {once(RATIO)} as quotient
            from days group by person, day
        )
        select row_id, quotient not between {1 / NEARER_TO_TEN} and {NEARER_TO_TEN} as is_failing
        from quotients where quotient is not null
    """


def infusions_query(landing: Path, source: str, columns: Columns) -> str:
    """One row per person with a CAR-T that may be against BCMA: is there a myeloma diagnosis?"""

    def treated(*products: str) -> str:
        sets = sets_of("cell_therapy", *products)
        return _people_with(landing, source, columns, sets, {"drug", "procedure"})

    myeloma = sets_of("myeloma_phenotype", "candidate")
    return f"""
        with infused as (
            from ({treated("ide_cel", "cilta_cel")})
            union
            (from ({treated("unknown")}) except from ({treated("other_target")}))
        )
        select infused.person, diagnosed.person is null as is_failing
        from infused
        left join ({_people_with(landing, source, columns, myeloma, {"condition"})}) as diagnosed
            using (person)
    """


def _people_with(landing: Path, source: str, columns: Columns, sets: str, domains: set[str]) -> str:
    """The people with a code or a concept of ``sets`` in the tables of ``domains``."""
    parts = []
    for table, (domain, code, concepts) in columns.coded.items():
        if domain not in domains:
            continue
        event = f"from {path_of(landing, source, table)} as event"
        parts.append(
            f"""
            select {columns.person} as person {event} where {code} in (
                select recorded
                from (select distinct {code} as recorded {event})
                inner join set_code on starts_with({plain("recorded")}, plain_code)
                where
                    concept_set_id in {sets} and domain = '{domain}'
                    and (is_expanded and is_hierarchical or {plain("recorded")} = plain_code)
            )
            """
        )
        parts += [
            f"""
            select {columns.person} as person {event} where {concept} in (
                select concept_id from set_concept where concept_set_id in {sets}
            )
            """
            for concept in concepts
        ]
    return " union ".join(parts)
