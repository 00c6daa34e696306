-- One row per kind of event and name that a study's event groups may use: every concept set, every laboratory test,
-- every derived event.

with concept_sets as (

    select
        'coded' as event_type,
        concept_set_id as event_code
    from {{ ref('concept_sets') }}

),

labs as (

    select
        'lab' as event_type,
        lab as event_code
    from {{ ref('lab_limits') }}

),

derived as (

    select
        event_type,
        event_code
    from {{ ref('known_events') }}

),

known_event_codes as (

    select * from concept_sets
    union all
    select * from labs
    union all
    select * from derived

)

select * from known_event_codes
