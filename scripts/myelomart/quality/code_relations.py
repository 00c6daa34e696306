"""Codes of records and diagnoses: does any concept set recognise them?"""

from __future__ import annotations

from myelomart.project import seed
from myelomart.quality.lookups import (
    plain,
    sets_of,
)
from myelomart.quality.scanned import Scanned
from myelomart.warehouse import literal


def coded_records(scanned: Scanned) -> list[str]:
    """The records of people with myeloma by code: does any concept set recognise it?

    Recognised are a concept of a set, one that a concept of a set is mapped to, a code of a set,
    and of drugs a name, as in the models (int_codes_resolved).
    """
    columns = scanned.columns
    parts = []
    for table in scanned.filled:
        if table not in columns.coded:
            continue
        domain, code, concepts = columns.coded[table]
        concept, source_concept = concepts or ("null", "null")
        parts.append(
            f"""
            select
                '{table}' as table_name, '{domain}' as domain,
                cast({concept} as bigint) as concept_id,
                cast({source_concept} as bigint) as source_concept_id,
                {code} as source_code, count(*) as records
            from {scanned.path(table)} as event
            where event.{columns.person} in (select person_key from myeloma_person)
            group by all
            """
        )
    nothing = "select '' as table_name, '' as domain, 0 as concept_id, 0 as source_concept_id, "
    counted = " union all ".join(parts) or nothing + "'' as source_code, 0 as records where false"
    return [
        f"create or replace temp table code_count as {counted}",
        recognised("recognised_code", "code_count", scanned),
        f"""
        create or replace temp table coded_records as
        select
            code_count.*, recognised_code.domain is not null as is_recognised,
            coalesce(code_count.concept_id, 0) != 0 as has_concept,
            (select count(*) > 0 from concept) as has_vocabulary,
            (select count(*) > 0 from {scanned.path("concept_ancestor")}) as has_ancestors
        from code_count left join recognised_code
            on code_count.domain = recognised_code.domain
            and code_count.concept_id is not distinct from recognised_code.concept_id
            and code_count.source_concept_id is not distinct from recognised_code.source_concept_id
            and code_count.source_code is not distinct from recognised_code.source_code
        """,
    ]


def recognised(name: str, counts: str, scanned: Scanned, sets: str = "") -> str:
    """A table of the codes of ``counts`` that a concept set (one of ``sets``, if given) names."""
    of_sets = f"and concept_set_id in {sets}" if sets else ""
    names = " or ".join(
        f"upper(source_code) like {literal('%' + row['name'].upper() + '%')}"
        for row in seed("clinical_rules/drug_names")
        if not sets or literal(row["concept_set_id"]) in sets
    )
    standard = f"""
        select concept_id from set_concept where true {of_sets}
        union
        select concept_id_2 from {scanned.path("concept_relationship")}
        inner join set_concept on concept_id_1 = set_concept.concept_id
        where relationship_id = 'Maps to' {of_sets}
    """
    return f"""
        create or replace temp table {name} as
        with code as (
            select distinct
                domain, concept_id, source_concept_id, source_code,
                {plain("source_code")} as plain_source_code
            from {counts}
        ),
        named as (select concept_id from ({standard}) where concept_id != 0),
        mapped as (
            select concept_id_1 as concept_id
            from {scanned.path("concept_relationship")}
            inner join named on concept_id_2 = named.concept_id
            where relationship_id = 'Maps to'
        ),
        looked_up as (
            select concept_code
            from {scanned.path("concept")} as listed
            inner join mapped on listed.concept_id = mapped.concept_id
            where vocabulary_id in {_looked_up()}
        )
        select distinct domain, concept_id, source_concept_id, source_code from code
        where
            concept_id in (from named) or source_concept_id in (from named)
            or coalesce(concept_id, 0) = 0 and source_concept_id in (from mapped)
            or domain = 'drug' and plain_source_code in (from looked_up)
            or domain = 'drug' and ({names or "false"})
            or exists (
                from set_code
                where
                    set_code.domain = code.domain {of_sets}
                    and starts_with(code.plain_source_code, set_code.plain_code)
                    and (
                        code.plain_source_code = set_code.plain_code
                        or set_code.is_expanded and set_code.is_hierarchical
                        and length(code.plain_source_code) <= set_code.longest_code
                    )
            )
    """


def _looked_up() -> str:
    """The vocabularies whose codes are looked up in the source's own, as a list in SQL."""
    found = {
        literal(row["vocabulary_id"])
        for row in seed("clinical_rules/source_vocabularies")
        if row["is_looked_up"] == "true"
    }
    return "(" + ", ".join(sorted(found)) + ")"


def diagnosis_codes(scanned: Scanned) -> list[str]:
    """The diagnoses of everybody whose text names myeloma, by code: are they recognised?"""
    words = " or ".join(
        f"upper(source_code) like {literal('%' + row['word'].upper() + '%')}"
        for row in seed("concept_sets/relevant_words")
        if row["domain"] == "condition"
        and literal(row["points_to"]) in sets_of("myeloma_phenotype", "candidate")
    )
    table = next(t for t, (domain, *_) in scanned.columns.coded.items() if domain == "condition")
    _, code, concepts = scanned.columns.coded[table]
    concept, source_concept = concepts or ("null", "null")
    person = scanned.columns.person
    return [
        f"""
        create or replace temp table diagnosis_count as
        select
            'condition' as domain, {concept}::bigint as concept_id,
            {source_concept}::bigint as source_concept_id, {code} as source_code,
            cast({person} as varchar) as person_key, count(*) as records
        from {scanned.path(table)} where {words.replace("source_code", code)} group by all
        """,
        recognised("recognised_diagnosis", "diagnosis_count", scanned),
        f"""
        create or replace temp table diagnosis_codes as
        select
            '{table}' as table_name, diagnosis_count.*, false as is_myeloma,
            recognised_diagnosis.domain is null as is_unrecognised
        from diagnosis_count left join recognised_diagnosis
            on diagnosis_count.concept_id is not distinct from recognised_diagnosis.concept_id
            and diagnosis_count.source_concept_id
            is not distinct from recognised_diagnosis.source_concept_id
            and diagnosis_count.source_code is not distinct from recognised_diagnosis.source_code
        """,
    ]
