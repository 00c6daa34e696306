-- One row per kind of event and name that a study's event groups may use: every concept set, every laboratory test,
-- every derived event.

with concept_sets as (select * from {{ ref('concept_sets') }}),
lab_limits as (select * from {{ ref('lab_limits') }}),
known_events as (select * from {{ ref('known_events') }}),

known_event_codes as (

    select
        'coded' as event_type,
        concept_set_id as event_code
    from concept_sets
    union all
    select
        'lab' as event_type,
        lab as event_code
    from lab_limits
    union all
    select
        event_type,
        event_code
    from known_events

)

select * from known_event_codes
