-- One row per event group of a study, person, event, day and record behind it: the events that studies ask for.
-- Definition: an event belongs to every group that lists its kind and its code (seeds/studies/event_groups); all that
-- cohorts, covariates and endpoints say of a group is read from here. Limits: a group without a row met no event.

with event_groups as (select * from {{ ref('event_groups') }}),
clinical_events as (select * from {{ ref('clinical_events') }}),

grouped_events as (

    select
        event_groups.event_group_id as event_group,
        clinical_events.person_id,
        clinical_events.event_date,
        clinical_events.event_type,
        clinical_events.event_code,
        clinical_events.value,
        clinical_events.record_domain,
        clinical_events.record_id
    from clinical_events
    inner join event_groups
        on
            clinical_events.event_type = event_groups.event_type
            and clinical_events.event_code = event_groups.event_code

)

select * from grouped_events
