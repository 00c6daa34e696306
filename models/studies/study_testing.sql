-- One row per study, cohort, member and endpoint that needs a test: on how many days of the follow-up window was the
-- person tested?
-- Definition: a day with a usable value of the endpoint's test counts once. A threshold outcome is partly «was tested»:
-- it can be read only beside this table.

with endpoints as (

    select * from {{ ref('endpoints') }}
    where tested_event_group is not null

),

time_to_event as (

    select * from {{ ref('time_to_event') }}

),

event_groups as (

    select * from {{ ref('event_groups') }}

),

clinical_events as (

    select * from {{ ref('clinical_events') }}

),

followed as (

    select
        time_to_event.study_id,
        time_to_event.cohort_id,
        time_to_event.person_id,
        time_to_event.endpoint,
        time_to_event.start_date,
        endpoints.tested_event_group,
        endpoints.start_day,
        coalesce(endpoints.horizon_days, 100000) as horizon_days
    from time_to_event
    inner join endpoints
        on
            time_to_event.study_id = endpoints.study_id
            and time_to_event.endpoint = endpoints.endpoint_id

),

tested as (

    select
        followed.cohort_id,
        followed.person_id,
        followed.endpoint,
        count(distinct clinical_events.event_date) as tested_days
    from followed
    inner join event_groups on followed.tested_event_group = event_groups.event_group_id
    inner join clinical_events
        on
            followed.person_id = clinical_events.person_id
            and event_groups.event_type = clinical_events.event_type
            and event_groups.event_code = clinical_events.event_code
    where
        {{ days_between('followed.start_date', 'clinical_events.event_date') }}
        between followed.start_day and followed.horizon_days
    group by 1, 2, 3

),

study_testing as (

    select
        followed.study_id,
        followed.cohort_id,
        followed.person_id,
        followed.endpoint,
        cast(coalesce(tested.tested_days, 0) as integer) as tested_days
    from followed
    left join tested
        on
            followed.cohort_id = tested.cohort_id
            and followed.person_id = tested.person_id
            and followed.endpoint = tested.endpoint

)

select * from study_testing
