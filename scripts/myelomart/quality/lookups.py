"""The small tables that the checks look up: who was born and died when, which codes mean what.

They are made anew for each source, as temporary tables of the connection that counts. A CDM is
looked up by concept, a TriNetX export by code (``Columns``). What codes, units and limits mean is
read from the seeds that the models read too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from myelomart import warehouse
from myelomart.project import seed
from myelomart.quality.macros import plain_code as plain
from myelomart.quality.macros import plain_unit
from myelomart.quality.shapes import OF_UNIT_TEXT, TEST_KEYS
from myelomart.sources import folder as kept
from myelomart.sources.mending import LAST_OF_SHIFTED
from myelomart.warehouse import literal

EARLIEST_DATE = "1900-01-01"
Landed = Callable[[str], str]


@dataclass(frozen=True)
class Columns:
    """What a layout calls the tables and columns that the lookups and relations read.

    ``coded`` tables have a domain, a code and the concepts that may stand for it.
    """

    people: str
    person: str
    visits: str
    visit: str
    labs: str
    row: str
    day: str
    test: str
    number: str
    text: str
    unit_key: str
    coded: dict[str, tuple[str, str, tuple[str, ...]]]


CDM = Columns(
    people="person",
    person="person_id",
    visits="visit_occurrence",
    visit="visit_occurrence_id",
    labs="measurement",
    row="measurement_id",
    day="measurement_date",
    test="measurement_concept_id",
    number="value_as_number",
    text="value_source_value",
    unit_key=TEST_KEYS["measurement"][1],
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
            ("measurement", "measurement"),
        )
    },
)
TRINETX = Columns(
    people="trinetx_patient",
    person="patient_id",
    visits="trinetx_encounter",
    visit="encounter_id",
    labs="trinetx_lab_result",
    row="row_id",
    day="date",
    test="code",
    number="lab_result_num_val",
    text="lab_result_text_val",
    unit_key=TEST_KEYS["trinetx_lab_result"][1],
    coded={
        "trinetx_medication_ingredient": ("drug", "code", ()),
        "trinetx_medication_drug": ("drug", "code", ()),
        "trinetx_procedure": ("procedure", "code", ()),
        "trinetx_diagnosis": ("condition", "code", ()),
        "trinetx_lab_result": ("measurement", "code", ()),
    },
)


def columns_of(is_trinetx: bool) -> Columns:
    """The names of one of the two layouts."""
    return TRINETX if is_trinetx else CDM


def path_of(landing: Path, source: str, table: str) -> str:
    """SQL that reads a landed table as it came, before any row was set aside for its quality."""
    is_kept = kept.is_kept(landing, source, table)
    path = kept.kept_path if is_kept else kept.landed_path
    file = path(landing, source, table)
    return f"read_parquet({literal(file)}, hive_partitioning = false)"


def rows_and_unrisen(connection, key: str, rows: str, order: str = "") -> tuple[int, int]:
    """How many of ``rows`` have a key, and of how many it is not above that of the row before.

    None where keys always rise, as most exports write them: each is then the only one of its kind.
    With ``order`` by the key, those that bear the key of another.
    """
    query = f"""
        select count(*), count(*) filter (where key <= key_before)
        from (
            select {key} as key, lag({key}) over ({order}) as key_before
            from {rows} where {key} is not null
        )
    """
    return warehouse.rows(connection, query)[0]


def make_lookups(
    connection, landing: Path, source: str, is_trinetx: bool, is_shifted: bool = False
) -> None:
    """Make span, concept, set_code, set_concept, unit, unit_text, unit_spelling, myeloma_person,
    person, visit, launch, lab and known_unit."""

    def landed(table: str) -> str:
        return path_of(landing, source, table)

    columns = columns_of(is_trinetx)
    visits, visit = landed(columns.visits), columns.visit
    _, unrisen = rows_and_unrisen(connection, visit, visits)
    of_source = _trinetx_queries(landed) if is_trinetx else _cdm_queries(landed)
    myeloma = sets_of("myeloma_phenotype", "candidate")
    for name, query in {
        "span": _span_query(is_shifted),
        "concept": f"select distinct concept_id from {landed('concept')}",
        "set_code": _set_codes_query(),
        "set_concept": _set_concepts_query(landed),
        "unit": _units_query(),
        "unit_text": _unit_texts_query(),
        "myeloma_person": f"""
            select distinct person as person_key
            from ({people_with(landing, source, columns, myeloma, {"condition"})})
        """,
        "visit": f"select {'distinct ' if unrisen else ''}{visit} as visit_key from {visits}",
        **of_source,
    }.items():
        connection.execute(f"create or replace temp table {name} as {query}")
    if is_shifted:  # nobody knows whether a drug was given before it was approved
        connection.execute("delete from launch")


def sets_of(algorithm: str, *roles: str) -> str:
    """The concept sets that have one of ``roles`` in ``algorithm``, as a list in SQL."""
    names = [
        row["concept_set_id"]
        for row in seed("clinical_rules/concept_set_roles")
        if row["algorithm"] == algorithm and row["role"] in roles
    ]
    return "(" + ", ".join(literal(name) for name in names) + ")"


def _span_query(is_shifted: bool) -> str:
    """The days that are possible: from 1900 to today, wherever on earth today has begun.

    Dates that are declared to be shifted may lie centuries ahead.
    """
    today = "cast(now() at time zone 'UTC' as date) + 1"
    last = f"date '{LAST_OF_SHIFTED.isoformat()}'" if is_shifted else today
    return f"select date '{EARLIEST_DATE}' as first_date, {last} as last_date"


def _cdm_queries(landed: Landed) -> dict[str, str]:
    return {
        "person": f"""
            select
                people.person_id as person_key,
                min(people.care_site_id) as site,
                min(people.year_of_birth) as birth_year,
                -- of several deaths the latest: an earlier one that events refute is wrong itself
                max(coalesce(deaths.death_date, deaths.death_datetime::date)) as death_date,
                bool_or(myeloma_person.person_key is not null) as is_myeloma
            from {landed("person")} as people
            left join {landed("death")} as deaths using (person_id)
            left join myeloma_person on people.person_id = myeloma_person.person_key
            group by 1
        """,
        "launch": f"""
            select concept_id as drug_key, min(launched_on) as launched_on
            from set_concept inner join ({_launches()}) using (concept_set_id)
            where vocabulary_id in ('RxNorm', 'OMOP') group by 1
        """,
        "lab": f"""
            select concept_id as test_key, min(concept_set_id) as lab
            from set_concept inner join ({_limits()}) on concept_set_id = lab
            where not has_caveat group by 1
        """,
        "unit_spelling": f"""
            select try_cast(plain_text as bigint) as unit_key, plain_text from unit
            where unit_key is not null
            union
            select {OF_UNIT_TEXT}, {plain_unit("event.unit_source_value")}
            from {landed("measurement")} as event
            where coalesce(unit_concept_id, 0) = 0 and unit_source_value is not null
            group by event.unit_source_value
        """,
        "known_unit": _known_unit_query(),
    }


def _trinetx_queries(landed: Landed) -> dict[str, str]:
    return {
        "person": f"""
            select
                patient_id as person_key,
                cast(null as bigint) as site,
                min(year_of_birth) as birth_year,
                min(last_day(try_cast(month_year_death[:4] || '-' || month_year_death[5:6] || '-01'
                    as date))) as death_date,
                bool_or(myeloma_person.person_key is not null) as is_myeloma
            from {landed("trinetx_patient")} as people
            left join myeloma_person on people.patient_id = myeloma_person.person_key
            group by 1
        """,
        "launch": f"""
            select code as drug_key, min(launched_on) as launched_on
            from set_code inner join ({_launches()}) using (concept_set_id)
            where vocabulary_id = 'RxNorm' group by 1
        """,
        "lab": f"""
            select code as test_key, min(concept_set_id) as lab
            from set_code inner join ({_limits()}) on concept_set_id = lab
            where not has_caveat and vocabulary_id = 'LOINC' group by 1
        """,
        "unit_spelling": f"""
            select units_of_measure as unit_key, {plain_unit("units_of_measure")} as plain_text
            from {landed("trinetx_lab_result")} where units_of_measure is not null group by 1
        """,
        "known_unit": _known_unit_query(),
    }


def _set_codes_query() -> str:
    """Every code of a concept set, in each domain whose records may carry its vocabulary."""
    vocabularies = seed("clinical_rules/source_vocabularies")
    domains: dict[str, list[dict[str, str]]] = {}
    for row in vocabularies:
        domains.setdefault(row["vocabulary_id"], []).append(row)
    values = ", ".join(
        f"({literal(member['concept_set_id'])}, {literal(member['vocabulary_id'])}, "
        f"{literal(member['code'])}, {literal(domain['domain'])}, "
        f"{member['include_descendants']}, {domain['is_hierarchical']}, {domain['longest_code']}, "
        f"{bool(member['caveat'])}, {member['concept_id'] or 'null'})"
        for member in seed("concept_sets/concept_set_members")
        if member["is_placeholder"] == "false"
        for domain in domains.get(member["vocabulary_id"], [])
    )
    return f"""
        select *, {plain("code")} as plain_code from (values {values}) as members (
            concept_set_id, vocabulary_id, code, domain, is_expanded, is_hierarchical, longest_code,
            has_caveat, concept_id
        )
    """


def _set_concepts_query(landed: Landed) -> str:
    """The concepts of the sets: those of the seed, the source's own by code, and all below them."""
    return f"""
        with listed as (
            select concept_set_id, vocabulary_id, has_caveat, is_expanded, concept_id
            from set_code where concept_id is not null
            union
            select concept_set_id, vocabulary_id, has_caveat, is_expanded, concepts.concept_id
            from set_code inner join {landed("concept")} as concepts using (vocabulary_id)
            where {plain("concepts.concept_code")} = plain_code
        )
        select concept_set_id, vocabulary_id, has_caveat, concept_id from listed
        union
        select concept_set_id, vocabulary_id, has_caveat, descendant_concept_id as concept_id
        from listed inner join {landed("concept_ancestor")} on concept_id = ancestor_concept_id
        where is_expanded
    """


def _launches() -> str:
    values = ", ".join(
        f"({literal(row['concept_set_id'])}, date '{row['launched_on']}')"
        for row in seed("concept_sets/drug_launches")
    )
    return f"from (values {values}) as launches (concept_set_id, launched_on)"


def _limits() -> str:
    values = ", ".join(
        f"({literal(row['lab'])}, {row['hard_low']}, {row['hard_high']})"
        for row in seed("clinical_rules/lab_limits")
    )
    return f"from (values {values}) as limits (lab, hard_low, hard_high)"


def _units_query() -> str:
    """Every unit of a test by its spelling, with what makes a value of it the canonical one."""
    factors = ", ".join(
        f"({literal(row['lab'])}, {literal(row['unit'])}, {row['factor']}, {row['offset_added']})"
        for row in seed("clinical_rules/lab_units")
    )
    return f"""
        select distinct
            lab, unit, {plain_unit("source_text")} as plain_text, factor::double as factor,
            offset_added::double as offset_added
        from (values {factors}) as factors (lab, unit, factor, offset_added)
        inner join ({_unit_names()}) using (unit)
    """


def _unit_texts_query() -> str:
    """Every spelling of a unit that may stand behind a number in the text of a result."""
    return f"select distinct {plain_unit('source_text')} as plain_text from ({_unit_names()})"


def _unit_names() -> str:
    names = ", ".join(
        f"({literal(row['source_text'])}, {literal(row['unit'])})"
        for row in seed("clinical_rules/unit_names")
    )
    return f"from (values {names}) as names (source_text, unit)"


def _known_unit_query() -> str:
    """The hard limits of each test in each unit that a row may give, however it is spelt."""
    return f"""
        select
            test_key, lab, unit_key, any_value(unit) as unit, any_value(factor) as factor,
            any_value((hard_low - offset_added) / factor) as hard_low,
            any_value((hard_high - offset_added) / factor) as hard_high
        from lab inner join unit using (lab) inner join unit_spelling using (plain_text)
        inner join ({_limits()}) using (lab)
        group by all
    """


def people_with(landing: Path, source: str, columns: Columns, sets: str, domains: set[str]) -> str:
    """SQL for the people with a code or a concept of ``sets`` in the tables of ``domains``."""
    parts = []
    for table, (domain, code, concepts) in columns.coded.items():
        if domain not in domains:
            continue
        event = f"from {path_of(landing, source, table)} as event"
        parts.append(
            f"""
            select {columns.person} as person {event} where {code} in (
                select recorded
                from (
                    select recorded, {plain("recorded")} as plain_recorded
                    from (select distinct {code} as recorded {event})
                )
                inner join set_code on starts_with(plain_recorded, plain_code)
                where
                    concept_set_id in {sets} and domain = '{domain}'
                    and (
                        plain_recorded = plain_code
                        or is_expanded and is_hierarchical
                        and length(plain_recorded) <= longest_code
                    )
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
