"""Writes an OMOP CDM as a TriNetX dataset export, to prove that both ways in lead to one place.

    python tests/python/converters/trinetx.py /tmp/cdm /tmp/export

What the format loses, and so no test may ask for: the day of death, the day and month of birth, the
care site, the period of observation, the end of a drug without days of supply, standard concepts,
reference ranges, and everything that is charted but not coded (observations).

The export has the dirt of real ones that must change nothing: encounters listed twice, encounters
of one day without an end, diagnoses without a code, the ingredients of a product under one id.
"""

from __future__ import annotations

import sys
from pathlib import Path

from myelomart import warehouse

CONCEPTS = """
    create view code_of as
    select
        concept_id,
        concept_name,
        concept_code as code,
        case vocabulary_id
            when 'ICD10CM' then 'ICD-10-CM' when 'ICD9CM' then 'ICD-9-CM'
            when 'ICD10PCS' then 'ICD-10-PCS' when 'ICD9Proc' then 'ICD-9-CM'
            when 'CPT4' then 'CPT' else vocabulary_id
        end as code_system
    from concept
"""
INGREDIENTS = """
    create table ingredient_of as
    select
        descendant_concept_id as drug_concept_id,
        'RxNorm' as code_system,
        case vocabulary_id when 'RxNorm' then concept_code else 'OMOP' || concept_id end as code,
        concept_name
    from concept_ancestor
    inner join concept on ancestor_concept_id = concept_id
    where concept_class_id = 'Ingredient'
"""
DATE = "strftime({}, '%Y%m%d')"
EXPORT = {
    "patient": """
        select
            person_id::varchar as patient_id,
            case gender_concept_id when 8507 then 'M' when 8532 then 'F' else 'Unknown' end as sex,
            case race_concept_id
                when 8527 then 'White' when 8516 then 'Black or African American'
                when 8515 then 'Asian' when 8657 then 'American Indian or Alaska Native'
                when 8557 then 'Native Hawaiian or Other Pacific Islander' else 'Unknown'
            end as race,
            case ethnicity_concept_id
                when 38003563 then 'Hispanic or Latino'
                when 38003564 then 'Not Hispanic or Latino' else 'Unknown'
            end as ethnicity,
            null as marital_status,
            year_of_birth::varchar as year_of_birth,
            null as reason_yob_missing,
            strftime(death_date, '%Y%m') as month_year_death,
            null as death_date_source_id,
            'Unknown' as patient_regional_location,
            'EHR' as source_id
        from person left join death using (person_id)
    """,
    "encounter": """
        select
            visit_occurrence_id::varchar as encounter_id,
            person_id::varchar as patient_id,
            {visit_start_date} as start_date,
            case when visit_end_date > visit_start_date then {visit_end_date} end as end_date,
            case visit_concept_id
                when 9201 then 'IMP' when 262 then 'IMP' when 9203 then 'EMER' else 'AMB'
            end as type,
            'F' as "start_date_derived_by_TriNetX",
            'F' as "end_date_derived_by_TriNetX",
            'F' as "derived_by_TriNetX",
            'EHR' as source_id
        from visit_occurrence cross join range(2) as copies (copy)
        where copy = 0 or visit_occurrence_id % 50 = 0
    """,
    "diagnosis": """
        select
            person_id::varchar as patient_id,
            visit_occurrence_id::varchar as encounter_id,
            code_system,
            code,
            'Unknown' as principal_diagnosis_indicator,
            null as admitting_diagnosis,
            null as reason_for_visit,
            {condition_start_date} as date,
            'F' as "derived_by_TriNetX",
            'EHR' as source_id
        from condition_occurrence
        inner join code_of on condition_source_concept_id = concept_id
        union all
        select
            person_id::varchar, null, 'ICD-10-CM', null, 'Unknown', null, null,
            {condition_start_date}, 'T', 'TriNetX'
        from condition_occurrence where condition_occurrence_id % 200 = 0
    """,
    "tumor": """
        select
            person_id::varchar as patient_id,
            {condition_start_date} as diagnosis_date,
            {condition_start_date} as observation_date,
            'ICD-O' as tumor_site_code_system,
            'C42.1' as tumor_site_code,
            'ICD-O' as morphology_code_system,
            '9732/3' as morphology_code,
            'Durie-Salmon' as stage_code_system,
            'IIIA' as stage_code,
            null as tumor_size,
            null as number_of_lymph_nodes,
            'F' as metastatic,
            'F' as "derived_by_TriNetX",
            'EHR' as source_id
        from condition_occurrence
        where condition_source_value = 'C90.00'
        qualify row_number() over (partition by person_id order by condition_start_date) = 1
    """,
    "tumor_properties": """
        select
            person_id::varchar as patient_id,
            {condition_start_date} as observation_date,
            'kappa' as light_chain
        from condition_occurrence where condition_source_value = 'C90.22'
    """,
    "genomic": """
        select
            person_id::varchar as patient_id,
            'HGNC' as code_system,
            'TP53' as code,
            {condition_start_date} as test_date,
            'F' as "derived_by_TriNetX",
            'EHR' as source_id
        from condition_occurrence where condition_source_value = 'C90.02'
    """,
    "chemo_lines": """
        select
            person_id::varchar as patient_id,
            {condition_start_date} as start_date,
            1 as line,
            'T' as "derived_by_TriNetX",
            'TriNetX' as source_id
        from condition_occurrence where condition_source_value = 'C90.00'
    """,
    "dataset_details": """
        select
            count(*) as total_number_unique_patients,
            1 as "total_number_HCOs",
            '20260101' as date_created,
            'synthetic' as network_name
        from person
    """,
    "procedure": """
        select
            person_id::varchar as patient_id,
            visit_occurrence_id::varchar as encounter_id,
            code_system,
            code,
            'Unknown' as principal_procedure_indicator,
            {procedure_date} as date,
            'F' as "derived_by_TriNetX",
            'EHR' as source_id
        from procedure_occurrence
        inner join code_of on procedure_source_concept_id = concept_id
    """,
    "medication_ingredient": """
        select
            person_id::varchar as patient_id,
            visit_occurrence_id::varchar as encounter_id,
            drug_exposure_id::varchar as unique_id,
            code_system,
            code,
            {drug_exposure_start_date} as start_date,
            route_source_value as route,
            null as brand,
            null as strength,
            'F' as "derived_by_TriNetX",
            'EHR' as source_id
        from drug_exposure inner join ingredient_of using (drug_concept_id)
    """,
    "medication_drug": """
        select
            person_id::varchar as patient_id,
            visit_occurrence_id::varchar as encounter_id,
            drug_exposure_id::varchar as unique_id,
            'RxNorm_drug' as code_system,
            'product ' || drug_concept_id as code,
            {drug_exposure_start_date} as start_date,
            route_source_value as route,
            null as brand,
            null as strength,
            quantity::varchar as quantity_dispensed,
            days_supply::varchar as days_supply,
            'F' as "derived_by_TriNetX",
            'EHR' as source_id
        from drug_exposure where days_supply is not null
    """,
    "lab_result": """
        select
            person_id::varchar as patient_id,
            visit_occurrence_id::varchar as encounter_id,
            coalesce(code_system, 'TNX') as code_system,
            measurement_source_value as code,
            {measurement_date} as date,
            value_as_number::varchar as lab_result_num_val,
            value_source_value as lab_result_text_val,
            unit_source_value as units_of_measure,
            'F' as "derived_by_TriNetX",
            'EHR' as source_id
        from measurement left join code_of on measurement_source_concept_id = concept_id
    """,
    "standardized_terminology": """
        select distinct
            code_system,
            code,
            concept_name as code_description,
            null as path,
            null as unit
        from ingredient_of
        union all
        select distinct
            'RxNorm_drug' as code_system,
            'product ' || drug_concept_id as code,
            concept_name || ' product' as code_description,
            null as path,
            null as unit
        from ingredient_of
        order by all
    """,
}
DATES = [
    "visit_start_date",
    "visit_end_date",
    "condition_start_date",
    "procedure_date",
    "drug_exposure_start_date",
    "measurement_date",
]
TABLES = [
    "person", "death", "visit_occurrence", "condition_occurrence", "procedure_occurrence",
    "drug_exposure", "measurement", "concept", "concept_ancestor",
]  # fmt: skip


def write_export(cdm: Path, target: Path) -> None:
    """Write the CDM of Parquet files in ``cdm`` as the CSV files of an export to ``target``.

    As in real exports every value is quoted and a missing one is bare.
    """
    target.mkdir(parents=True, exist_ok=True)
    with warehouse.scratch() as connection:
        for table in TABLES:
            path = warehouse.literal(cdm / f"{table}.parquet")
            connection.execute(f"create view {table} as select * from read_parquet({path})")
        connection.execute(CONCEPTS)
        connection.execute(INGREDIENTS)
        dates = {name: DATE.format(name) for name in DATES}
        for table, query in EXPORT.items():
            path = warehouse.literal(target / f"{table}.csv")
            connection.execute(
                f"copy ({query.format(**dates)}) to {path} (format csv, header, force_quote *)"
            )


if __name__ == "__main__":
    write_export(Path(sys.argv[1]), Path(sys.argv[2]))
