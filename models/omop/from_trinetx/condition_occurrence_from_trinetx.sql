{{ config(materialized='ephemeral') }}
-- One row per diagnosis and per tumor record of a TriNetX export, as a condition with the export's own code.

with diagnoses as (select * from {{ landed('trinetx_diagnosis', 'trinetx') }}),
tumors as (select * from {{ landed('trinetx_tumor', 'trinetx') }}),

conditions as (

    select
        diagnoses.source_name,
        2 * diagnoses.row_id as condition_occurrence_id,
        {{ stable_number('diagnoses.patient_id') }} as source_person_id,
        diagnoses.date as condition_start_date,
        {{ stable_number("diagnoses.patient_id || '|' || diagnoses.encounter_id", 15) }} as visit_occurrence_id,
        diagnoses.code as condition_source_value
    from diagnoses
    union all
    select
        tumors.source_name,
        2 * tumors.row_id + 1 as condition_occurrence_id,
        {{ stable_number('tumors.patient_id') }} as source_person_id,
        coalesce(tumors.diagnosis_date, tumors.observation_date) as condition_start_date,
        cast(null as bigint) as visit_occurrence_id,
        tumors.morphology_code as condition_source_value
    from tumors

),

condition_occurrences as (

    select
        source_name,
        condition_occurrence_id,
        source_person_id,
        cast(0 as bigint) as condition_concept_id,
        condition_start_date,
        cast(null as date) as condition_end_date,
        cast(null as bigint) as condition_type_concept_id,
        visit_occurrence_id,
        condition_source_value,
        cast(null as bigint) as condition_source_concept_id
    from conditions

)

select * from condition_occurrences
