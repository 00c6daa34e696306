{{ config(materialized='ephemeral') }}
-- One row per event that the disease or its treatment's toxicity makes: laboratory values, disease assessments,
-- responses, progressions, adverse events.
-- Definition: the names that studies/known_events lists; the milestones are those of int_disease_milestones.

with labs as (

    select * from {{ ref('labs') }}
    where quality = 'ok'

),

milestones as (select * from {{ ref('int_disease_milestones') }}),
adverse_events as (select * from {{ ref('adverse_events') }}),

disease_events as (

    select
        person_id,
        measured_date as event_date,
        measured_date as end_date,
        'lab' as event_type,
        lab as event_code,
        value,
        unit
    from labs
    union all
    select
        person_id,
        event_date,
        event_date as end_date,
        event_type,
        event_code,
        value,
        cast(null as {{ dbt.type_string() }}) as unit
    from milestones
    union all
    select
        person_id,
        start_date as event_date,
        end_date,
        'adverse_event' as event_type,
        term as event_code,
        cast(grade as double) as value,
        grading_system as unit
    from adverse_events

)

select * from disease_events
