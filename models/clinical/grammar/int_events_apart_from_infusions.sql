{{ config(materialized='ephemeral') }}
-- One row per record of a laboratory value or diagnosis that lies apart from every infusion of CAR-T cells.
-- Definition: of the tests and concept sets that studies/known_events names so (lab_apart, coded_apart), without what
-- falls from the lymphodepletion (else the infusion, or the earlier start of the stay that holds it) to
-- infusion_window_days after the infusion, or to the later end of that stay, whatever the index of a study: until then
-- inflammation and cytopenia are part of the treatment (specification toxicity 8.5, Rejeski 2023).
-- Limits: a cytopenia that lasts beyond the window is an event when it is coded or measured again.

with known_events as (select * from {{ ref('known_events') }}),
labs as (select * from {{ ref('labs') }}),
coded_events as (select * from {{ ref('int_coded_events') }}),
cell_therapies as (select * from {{ ref('cell_therapies') }}),

infusion_windows as (

    select
        cell_therapies.person_id,
        cell_therapies.infusion_date,
        min(
            least(
                coalesce(cell_therapies.lymphodepletion_start_date, cell_therapies.infusion_date),
                coalesce(stays.start_date, cell_therapies.infusion_date)
            )
        ) as from_date,
        max(
            greatest(
                cell_therapies.infusion_date + cast({{ parameter('courses', 'infusion_window_days') }} as integer),
                coalesce(stays.end_date, cell_therapies.infusion_date)
            )
        ) as to_date
    from cell_therapies
    left join coded_events as stays
        on
            cell_therapies.person_id = stays.person_id
            and stays.domain = 'visit'
            and cell_therapies.infusion_date between stays.start_date and stays.end_date
    group by cell_therapies.person_id, cell_therapies.infusion_date

),

events as (

    select
        labs.person_id,
        labs.measured_date as event_date,
        labs.measured_date as end_date,
        known_events.event_type,
        known_events.event_code,
        labs.value,
        labs.unit,
        'measurement' as record_domain,
        labs.record_id
    from labs
    inner join known_events on labs.lab = known_events.event_code and known_events.event_type = 'lab_apart'
    where labs.quality = 'ok'
    union all
    select
        coded_events.person_id,
        coded_events.start_date as event_date,
        coded_events.end_date,
        known_events.event_type,
        known_events.event_code,
        cast(null as double) as value,
        cast(null as {{ dbt.type_string() }}) as unit,
        coded_events.domain as record_domain,
        coded_events.record_id
    from coded_events
    inner join known_events
        on coded_events.concept_set_id = known_events.event_code and known_events.event_type = 'coded_apart'

),

events_apart as (

    select events.*
    from events
    left join infusion_windows
        on
            events.person_id = infusion_windows.person_id
            and events.event_date between infusion_windows.from_date and infusion_windows.to_date
    where infusion_windows.person_id is null

)

select * from events_apart
