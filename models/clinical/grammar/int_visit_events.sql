{{ config(materialized='ephemeral') }}
-- One row per person, day and kind of visit that began on it and in which no cells were infused.
-- Definition: the records of visits of the kinds that studies/known_events lists (no study can ask for another: the
-- many outpatient visits are none), without those whose own dates hold an infusion of CAR-T cells, whatever the index
-- of a study: the stay for the infusion is part of the treatment and no outcome of it.
-- Limits: a stay that a source cuts into several records is judged record by record.

with coded_events as (select * from {{ ref('int_coded_events') }}),
cell_therapies as (select * from {{ ref('cell_therapies') }}),
known_events as (select * from {{ ref('known_events') }} where event_type = 'visit_apart'),

visits as (

    select distinct
        coded_events.person_id,
        coded_events.concept_set_id,
        coded_events.start_date,
        coalesce(coded_events.end_date, coded_events.start_date) as end_date
    from coded_events
    inner join known_events on coded_events.concept_set_id = known_events.event_code
    where coded_events.domain = 'visit'

),

visits_for_infusions as (

    select distinct
        visits.person_id,
        visits.concept_set_id,
        visits.start_date,
        visits.end_date
    from visits
    inner join cell_therapies
        on
            visits.person_id = cell_therapies.person_id
            and cell_therapies.infusion_date between visits.start_date and visits.end_date

),

visit_events as (

    select
        visits.person_id,
        visits.start_date as event_date,
        max(visits.end_date) as end_date,
        'visit_apart' as event_type,
        visits.concept_set_id as event_code,
        cast(null as double) as value,
        cast(null as {{ dbt.type_string() }}) as unit
    from visits
    left join visits_for_infusions
        on
            visits.person_id = visits_for_infusions.person_id
            and visits.concept_set_id = visits_for_infusions.concept_set_id
            and visits.start_date = visits_for_infusions.start_date
            and visits.end_date = visits_for_infusions.end_date
    where visits_for_infusions.person_id is null
    group by 1, 2, 5

)

select * from visit_events
