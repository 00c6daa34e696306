"""The small tables that the checks look up: who was born and died when, which codes mean what.

They are made anew for each source, as temporary tables of the connection that counts. A CDM is
looked up by concept, a TriNetX export by code. What codes, units and limits mean is read from the
seeds that the models read too.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import cache
from pathlib import Path

from myelomart.project import project_root
from myelomart.quality.checks import EARLIEST_DATE
from myelomart.sources import folder as kept
from myelomart.warehouse import literal

Landed = Callable[[str], str]


def path_of(landing: Path, source: str, table: str) -> str:
    """SQL that reads a landed table as it came, before any row was set aside for its quality."""
    is_kept = kept.is_kept(landing, source, table)
    path = kept.kept_path if is_kept else kept.landed_path
    file = path(landing, source, table)
    return f"read_parquet({literal(file)}, hive_partitioning = false)"


def plain(code: str) -> str:
    """SQL for a code as it is compared: upper case, no dots, no blanks around it."""
    return f"replace(upper(trim({code})), '.', '')"


def make_lookups(connection, landing: Path, source: str, is_trinetx: bool) -> None:
    """Make span, person, visit, concept, set_code, set_concept, launch, lab and known_unit."""

    def landed(table: str) -> str:
        return path_of(landing, source, table)

    of_source = _trinetx_queries(landed) if is_trinetx else _cdm_queries(landed)
    for name, query in {
        "span": _span_query(landed, is_trinetx),
        "concept": f"select distinct concept_id from {landed('concept')}",
        "set_code": _set_codes_query(),
        "set_concept": _set_concepts_query(landed),
        "unit": _units_query(),
        **of_source,
    }.items():
        connection.execute(f"create or replace temp table {name} as {query}")


def sets_of(algorithm: str, *roles: str) -> str:
    """The concept sets that have one of ``roles`` in ``algorithm``, as a list in SQL."""
    names = [
        row["concept_set_id"]
        for row in seed("clinical_rules/concept_set_roles")
        if row["algorithm"] == algorithm and row["role"] in roles
    ]
    return "(" + ", ".join(literal(name) for name in names) + ")"


@cache
def seed(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a seed."""
    path = project_root() / "seeds" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


def _span_query(landed: Landed, is_trinetx: bool) -> str:
    """The days that are possible: from 1900 to the day that the source says it was made."""
    made = (
        f"max(date_created) from {landed('trinetx_dataset_details')}"
        if is_trinetx
        else f"max(greatest(source_release_date, cdm_release_date)) from {landed('cdm_source')}"
    )
    return f"""
        select date '{EARLIEST_DATE}' as first_date,
            coalesce((select {made}), current_date) as last_date
    """


def _cdm_queries(landed: Landed) -> dict[str, str]:
    return {
        "person": f"""
            select
                people.person_id as person_key,
                min(people.care_site_id) as site,
                min(people.year_of_birth) as birth_year,
                min(deaths.death_date) as death_date
            from {landed("person")} as people
            left join {landed("death")} as deaths using (person_id)
            group by 1
        """,
        "visit": f"""
            select distinct visit_occurrence_id as visit_key from {landed("visit_occurrence")}
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
        "known_unit": _known_unit_query("try_cast(source_text as bigint)"),
    }


def _trinetx_queries(landed: Landed) -> dict[str, str]:
    return {
        "person": f"""
            select
                patient_id as person_key,
                cast(null as bigint) as site,
                min(year_of_birth) as birth_year,
                min(last_day(try_cast(month_year_death[:4] || '-' || month_year_death[5:6] || '-01'
                    as date))) as death_date
            from {landed("trinetx_patient")} group by 1
        """,
        "visit": f"select distinct encounter_id as visit_key from {landed('trinetx_encounter')}",
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
        "known_unit": _known_unit_query("source_text"),
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
        f"{member['include_descendants']}, {domain['is_hierarchical']}, "
        f"{bool(member['caveat'])}, {member['concept_id'] or 'null'})"
        for member in seed("concept_sets/concept_set_members")
        if member["is_placeholder"] == "false"
        for domain in domains.get(member["vocabulary_id"], [])
    )
    return f"""
        select *, {plain("code")} as plain_code from (values {values}) as members (
            concept_set_id, vocabulary_id, code, domain, is_expanded, is_hierarchical, has_caveat,
            concept_id
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
    """Every way to write a unit of a test, with what makes a value of it the canonical one."""
    factors = ", ".join(
        f"({literal(row['lab'])}, {literal(row['unit'])}, {row['factor']}, {row['offset_added']})"
        for row in seed("clinical_rules/lab_units")
    )
    names = ", ".join(
        f"({literal(row['source_text'])}, {literal(row['unit'])})"
        for row in seed("clinical_rules/unit_names")
    )
    return f"""
        select lab, source_text, factor::double as factor, offset_added::double as offset_added
        from (values {factors}) as factors (lab, unit, factor, offset_added)
        inner join (values {names}) as names (source_text, unit) using (unit)
    """


def _known_unit_query(unit_key: str) -> str:
    """The hard limits of each test in each unit that a row may give."""
    return f"""
        select
            test_key, lab, {unit_key} as unit_key, any_value(factor) as factor,
            any_value((hard_low - offset_added) / factor) as hard_low,
            any_value((hard_high - offset_added) / factor) as hard_high
        from lab inner join unit using (lab) inner join ({_limits()}) using (lab)
        where {unit_key} is not null
        group by all
    """
