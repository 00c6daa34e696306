-- One row per event group of a study, person, event, day and record behind it: the events that studies ask for.
-- Definition: an event belongs to every group that lists its kind and its code (seeds/studies/event_groups); all that
-- cohorts, covariates and endpoints say of a group is read from here. A group that names an excluded_role leaves out
-- the records of a drug on the days on which the person took it in that part, and those of their order order_match_days
-- away: pomalidomide that bridges to CAR-T is no index of a pomalidomide arm.
-- Limits: a group without a row met no event.

with event_groups as (select * from {{ ref('event_groups') }}),
clinical_events as (select * from {{ ref('clinical_events') }}),
drug_exposures as (select * from {{ ref('drug_exposures') }}),

excluded_days as (

    select distinct
        event_groups.event_group_id,
        clinical_events.person_id,
        clinical_events.event_code,
        clinical_events.event_date
    from event_groups
    inner join clinical_events
        on
            event_groups.event_type = clinical_events.event_type
            and event_groups.event_code = clinical_events.event_code
    inner join drug_exposures
        on
            clinical_events.person_id = drug_exposures.person_id
            and clinical_events.event_code = drug_exposures.ingredient
            and event_groups.excluded_role = drug_exposures.role
            and abs({{ days_between('clinical_events.event_date', 'drug_exposures.start_date') }})
            <= {{ parameter('exposures', 'order_match_days') }}
    where event_groups.event_type = 'coded'

),

grouped_events as (

    select
        event_groups.event_group_id as event_group,
        clinical_events.person_id,
        clinical_events.event_date,
        clinical_events.end_date,
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
    left join excluded_days
        on
            event_groups.event_group_id = excluded_days.event_group_id
            and clinical_events.person_id = excluded_days.person_id
            and clinical_events.event_code = excluded_days.event_code
            and clinical_events.event_date = excluded_days.event_date
    where excluded_days.person_id is null

)

select * from grouped_events
