"""People: with CAR-T but no diagnosis, with myeloma but no drug, with several deaths."""

from __future__ import annotations

from myelomart.project import seed
from myelomart.quality.code_relations import coded_records, recognised
from myelomart.quality.lookups import (
    people_with,
    sets_of,
)
from myelomart.quality.scanned import Scanned
from myelomart.warehouse import literal


def infused_people(scanned: Scanned) -> list[str]:
    """One row per person with a CAR-T that may be against BCMA: is there a myeloma diagnosis?"""

    def treated(*products: str) -> str:
        sets = sets_of("cell_therapy", *products)
        return people_with(
            scanned.landing, scanned.name, scanned.columns, sets, {"drug", "procedure"}
        )

    return [
        f"""
        create or replace temp table infused_people as
        with infused as (
            from ({treated("ide_cel", "cilta_cel", "other_bcma")})
            union
            (from ({treated("unknown")}) except from ({treated("other_target")}))
        )
        select
            person as person_key,
            myeloma_person.person_key is not null as has_diagnosis,
            myeloma_person.person_key is not null as is_myeloma
        from infused left join myeloma_person on infused.person = myeloma_person.person_key
        """
    ]


def myeloma_people(scanned: Scanned) -> list[str]:
    """One row per person with a myeloma code: is there any antimyeloma drug?"""
    columns = scanned.columns
    specific = [row["ingredient"] for row in seed("clinical_rules/drug_classes")]
    sets = "(" + ", ".join(literal(name) for name in specific) + ")"
    treated = []
    for table, (domain, code, concepts) in columns.coded.items():
        if domain != "drug" or table not in scanned.filled:
            continue
        concept, source_concept = concepts or ("null", "null")
        treated.append(
            f"""
            select event.{columns.person} as person_key from {scanned.path(table)} as event
            inner join antimyeloma_code
                on antimyeloma_code.concept_id is not distinct from {concept}::bigint
                and antimyeloma_code.source_concept_id is not distinct from {source_concept}::bigint
                and antimyeloma_code.source_code is not distinct from event.{code}
            """
        )
    return [
        *coded_records(scanned),
        "create or replace temp table drug_count as from code_count where domain = 'drug'",
        recognised("antimyeloma_code", "drug_count", scanned, sets),
        f"""
        create or replace temp table myeloma_people as
        select
            person_key, true as is_myeloma,
            person_key in ({" union ".join(treated) or "select null where false"})
            as has_antimyeloma_drug
        from myeloma_person
        """,
    ]


def dead_people(scanned: Scanned) -> list[str]:
    """One row per person in DEATH: on how many different days?"""
    return [
        f"""
        create or replace temp table dead_people as
        select
            deaths.person_id as person_key, bool_or(person.is_myeloma) as is_myeloma,
            count(distinct coalesce(deaths.death_date, deaths.death_datetime::date)) as date_count
        from {scanned.path("death")} as deaths
        left join person on deaths.person_id = person.person_key
        group by 1
        """
    ]
