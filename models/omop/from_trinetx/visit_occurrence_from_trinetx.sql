{{ config(materialized='ephemeral') }}
-- One row per encounter record of a TriNetX export, as a visit.
-- Limits: encounter_id is not unique in real exports, so one visit may have several rows; no end means the same day.

with encounters as (

    select * from {{ ref('stg_trinetx__encounter') }}
    where start_date is not null

),

known_values as (

    select * from {{ ref('trinetx_values') }}
    where field = 'encounter_type'

),

visits as (

    select
        encounters.source_name,
        {{ stable_number("encounters.patient_id || '|' || encounters.encounter_id", 15) }} as visit_occurrence_id,
        {{ stable_number('encounters.patient_id') }} as source_person_id,
        coalesce(known_values.concept_id, 0) as visit_concept_id,
        encounters.start_date as visit_start_date,
        coalesce(encounters.end_date, encounters.start_date) as visit_end_date,
        cast(null as bigint) as care_site_id,
        encounters.encounter_type as visit_source_value,
        cast(null as bigint) as visit_source_concept_id,
        cast(null as bigint) as discharged_to_concept_id,
        cast(null as {{ dbt.type_string() }}) as discharged_to_source_value
    from encounters
    left join known_values on encounters.encounter_type = known_values.source_value

)

select * from visits
