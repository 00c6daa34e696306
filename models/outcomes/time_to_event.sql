-- One row per study, cohort, member and endpoint: how long the person was followed, how it ended and why.
-- Definition: the earliest candidate of the follow-up window ends it; on one day an event goes before a competing event
-- and that before censoring. Nobody is followed past the horizon. A same-day ending counts one day (algorithms 0).
-- had_prior_event marks those whom the study drops from this endpoint for a history of it.
-- Limits: a member without any later record is censored on day 1.

with members as (

    select * from {{ ref('cohort_members') }}

),

endpoints as (

    select * from {{ ref('endpoints') }}

),

endings as (

    select * from {{ ref('endpoint_endings') }}
    where ending_rank = 1

),

prior_events as (

    select distinct
        cohort_id,
        person_id,
        endpoint_id
    from {{ ref('endpoint_candidates') }}
    where is_prior and role = 'event'

),

time_to_event as (

    select
        members.study_id,
        members.cohort_id,
        members.person_id,
        endpoints.endpoint_id as endpoint,
        coalesce(endings.reason, 'No record after index') as reason,
        greatest(1, coalesce({{ days_between('members.index_date', 'endings.end_date') }}, 1)) as time_days,
        coalesce(endings.event, 0) as event,
        endpoints.excludes_prior and prior_events.person_id is not null as had_prior_event,
        members.index_date as start_date,
        coalesce(endings.end_date, members.index_date + 1) as end_date
    from members
    inner join endpoints on members.study_id = endpoints.study_id
    left join endings
        on
            members.cohort_id = endings.cohort_id
            and members.person_id = endings.person_id
            and endpoints.endpoint_id = endings.endpoint_id
    left join prior_events
        on
            members.cohort_id = prior_events.cohort_id
            and members.person_id = prior_events.person_id
            and endpoints.endpoint_id = prior_events.endpoint_id

)

select * from time_to_event
