{{ config(materialized='ephemeral') }}
-- One row per patient of a TriNetX export: from the first to the last encounter, diagnosis, procedure or medication.
-- Limits: an export does not say when a patient was under observation; what is not recorded may have happened
-- elsewhere.

with dates as (

    select
        source_name,
        patient_id,
        start_date as event_date
    from {{ landed('trinetx_encounter', 'trinetx') }}
    union all
    select
        source_name,
        patient_id,
        end_date as event_date
    from {{ landed('trinetx_encounter', 'trinetx') }}
    union all
    select
        source_name,
        patient_id,
        date as event_date
    from {{ landed('trinetx_diagnosis', 'trinetx') }}
    union all
    select
        source_name,
        patient_id,
        date as event_date
    from {{ landed('trinetx_procedure', 'trinetx') }}
    union all
    select
        source_name,
        patient_id,
        start_date as event_date
    from {{ landed('trinetx_medication_ingredient', 'trinetx') }}
    union all
    select
        source_name,
        patient_id,
        date as event_date
    from {{ landed('trinetx_lab_result', 'trinetx') }}

),

spans as (

    select
        source_name,
        patient_id,
        min(event_date) as first_date,
        max(event_date) as last_date
    from dates
    where event_date is not null
    group by 1, 2

),

observation_periods as (

    select
        spans.source_name,
        {{ stable_number('spans.patient_id') }} as observation_period_id,
        {{ stable_number('spans.patient_id') }} as source_person_id,
        spans.first_date as observation_period_start_date,
        spans.last_date as observation_period_end_date,
        cast(null as bigint) as period_type_concept_id
    from spans

)

select * from observation_periods
