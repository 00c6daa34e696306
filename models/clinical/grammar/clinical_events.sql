-- One row per person, day, event and value: the narrow union that study criteria and endpoints see.
-- Definition: event_type says what kind of fact it is ('coded': a record whose code a concept set names; or a derived
-- diagnosis, lab, cell_therapy, transplant, line, progression, death …), event_code which one (the concept set, or a
-- name of seeds/studies/known_events).
-- Limits: a record that belongs to two concept sets is an event of both.

with patients as (select * from {{ ref('patients') }}),

recorded_events as (

    select
        person_id,
        start_date as event_date,
        end_date,
        'coded' as event_type,
        concept_set_id as event_code,
        cast(null as double) as value,
        cast(null as {{ dbt.type_string() }}) as unit
    from {{ ref('int_coded_events') }}

),

life_events as (select * from {{ ref('int_life_events') }}),
treatment_events as (select * from {{ ref('int_treatment_events') }}),
disease_events as (select * from {{ ref('int_disease_events') }}),
course_events as (select * from {{ ref('int_course_events') }}),

everything as (

    select * from recorded_events
    union all
    select * from life_events
    union all
    select * from treatment_events
    union all
    select * from disease_events
    union all
    select * from course_events

),

clinical_events as (

    select everything.*
    from everything
    inner join patients on everything.person_id = patients.person_id

)

select * from clinical_events
