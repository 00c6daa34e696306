-- One row per study, cohort, member and endpoint that needs a test: on how many days was the person tested, before
-- and in the follow-up window?
-- Definition: a day with a usable value of the endpoint's test counts once. Before: up to prior_until_day (who was
-- not tested cannot be left out for an earlier event). After: from start_day to the horizon, of which followed_days
-- were lived under observation (to the last contact). A threshold outcome is partly "was tested": it can be read only
-- beside this table.

with endpoints as (

    select * from {{ ref('endpoints') }}
    where tested_event_group is not null

),

time_to_event as (select * from {{ ref('time_to_event') }}),
grouped_events as (select * from {{ ref('grouped_events') }}),
patients as (select * from {{ ref('patients') }}),

followed as (

    select
        time_to_event.study_id,
        time_to_event.cohort_id,
        time_to_event.person_id,
        time_to_event.endpoint,
        endpoints.tested_event_group,
        time_to_event.start_date + endpoints.prior_until_day as prior_until_date,
        time_to_event.start_date + endpoints.start_day as window_start_date,
        coalesce(time_to_event.start_date + endpoints.horizon_days, date '9999-12-31') as window_end_date,
        coalesce(patients.death_date, patients.last_contact_date) as last_contact_date
    from time_to_event
    inner join endpoints
        on
            time_to_event.study_id = endpoints.study_id
            and time_to_event.endpoint = endpoints.endpoint_id
    left join patients on time_to_event.person_id = patients.person_id

),

tests as (

    select
        followed.cohort_id,
        followed.person_id,
        followed.endpoint,
        count(
            distinct case
                when grouped_events.event_date <= followed.prior_until_date then grouped_events.event_date
            end
        ) as tested_days_before,
        count(
            distinct case
                when grouped_events.event_date between followed.window_start_date and followed.window_end_date
                    then grouped_events.event_date
            end
        ) as tested_days
    from followed
    inner join grouped_events
        on followed.tested_event_group = grouped_events.event_group and followed.person_id = grouped_events.person_id
    group by 1, 2, 3

),

study_test_intensity as (

    select
        followed.study_id,
        followed.cohort_id,
        followed.person_id,
        followed.endpoint,
        cast(coalesce(tests.tested_days_before, 0) as integer) as tested_days_before,
        cast(coalesce(tests.tested_days, 0) as integer) as tested_days,
        cast(
            greatest(
                {{ days_between('followed.window_start_date', 'least(followed.window_end_date, followed.last_contact_date)') }}
                + 1,
                0
            ) as integer
        ) as followed_days
    from followed
    left join tests
        on
            followed.cohort_id = tests.cohort_id
            and followed.person_id = tests.person_id
            and followed.endpoint = tests.endpoint

)

select * from study_test_intensity
