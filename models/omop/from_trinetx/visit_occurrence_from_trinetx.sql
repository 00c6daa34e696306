{{ config(materialized='ephemeral') }}
-- One row per encounter of a TriNetX export and what its rows say of it, as a visit.
-- Definition: encounter_id is not unique in real exports. Rows that say the same are one visit. Others stay visits of
-- their own, since one number may stand for months: the first has the id that other records name, the next their own.
-- Limits: no end means the same day.

with encounters as (select * from {{ landed('trinetx_encounter', 'trinetx') }}),
trinetx_values as (select * from {{ ref('trinetx_values') }}),

distinct_encounters as (

    select distinct
        source_name,
        patient_id,
        coalesce(encounter_id, '') as encounter_id,
        coalesce(type, '') as encounter_type,
        start_date,
        coalesce(end_date, start_date) as end_date
    from encounters
    where start_date is not null

),

numbered_encounters as (

    select
        *,
        patient_id || '|' || encounter_id as encounter_key,
        row_number() over (
            partition by source_name, patient_id, encounter_id order by start_date, end_date, encounter_type
        ) as encounter_row
    from distinct_encounters

),

visits as (

    select
        numbered_encounters.source_name,
        case
            when numbered_encounters.encounter_row = 1 and numbered_encounters.encounter_id != ''
                then {{ stable_number('numbered_encounters.encounter_key', 15) }}
            else {{ stable_number("concat_ws('|', numbered_encounters.encounter_key, numbered_encounters.start_date, "
                ~ "numbered_encounters.end_date, numbered_encounters.encounter_type)", 15) }}
        end as visit_occurrence_id,
        {{ stable_number('numbered_encounters.patient_id') }} as source_person_id,
        coalesce(trinetx_values.concept_id, 0) as visit_concept_id,
        numbered_encounters.start_date as visit_start_date,
        numbered_encounters.end_date as visit_end_date,
        cast(null as bigint) as care_site_id,
        nullif(numbered_encounters.encounter_type, '') as visit_source_value,
        cast(null as bigint) as visit_source_concept_id,
        cast(null as bigint) as discharged_to_concept_id,
        cast(null as {{ dbt.type_string() }}) as discharged_to_source_value
    from numbered_encounters
    left join trinetx_values
        on
            numbered_encounters.encounter_type = trinetx_values.source_value
            and trinetx_values.field = 'encounter_type'

)

select * from visits
