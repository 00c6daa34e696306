{{ config(materialized='ephemeral') }}
-- One row per event that the disease makes: a laboratory value in its canonical unit.

with labs as (

    select * from {{ ref('labs') }}
    where quality = 'ok'

),

disease_events as (

    select
        person_id,
        measured_date as event_date,
        measured_date as end_date,
        'lab' as event_type,
        lab as event_code,
        value as value,
        unit as unit
    from labs

)

select * from disease_events
