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

candidates as (

    select * from {{ ref('endpoint_candidates') }}

),

followed as (

    select
        members.study_id,
        members.cohort_id,
        members.person_id,
        members.index_date as start_date,
        endpoints.endpoint_id,
        endpoints.horizon_days,
        endpoints.excludes_prior
    from members
    inner join endpoints on members.study_id = endpoints.study_id

),

endings as (

    select
        cohort_id,
        person_id,
        endpoint_id,
        candidate_date as end_date,
        case role when 'event' then 1 when 'competing' then 2 else 0 end as event,
        reason,
        case role when 'event' then 1 when 'competing' then 2 else 3 end as role_rank,
        priority
    from candidates
    where not is_prior

),

horizons as (

    select
        cohort_id,
        person_id,
        endpoint_id,
        start_date + horizon_days as end_date,
        0 as event,
        'End of follow-up window' as reason,
        4 as role_rank,
        0 as priority
    from followed
    where horizon_days is not null

),

ranked as (

    select
        everything.*,
        row_number() over (
            partition by cohort_id, person_id, endpoint_id order by end_date, role_rank, priority, reason
        ) as ending_rank
    from (
        select * from endings
        union all
        select * from horizons
    ) as everything

),

prior_events as (

    select distinct
        cohort_id,
        person_id,
        endpoint_id
    from candidates
    where is_prior and role = 'event'

),

time_to_event as (

    select
        followed.study_id,
        followed.cohort_id,
        followed.person_id,
        followed.endpoint_id as endpoint,
        coalesce(ranked.reason, 'No record after index') as reason,
        greatest(1, coalesce({{ days_between('followed.start_date', 'ranked.end_date') }}, 1)) as time_days,
        coalesce(ranked.event, 0) as event,
        followed.excludes_prior and prior_events.person_id is not null as had_prior_event,
        followed.start_date,
        coalesce(ranked.end_date, followed.start_date + 1) as end_date
    from followed
    left join ranked
        on
            followed.cohort_id = ranked.cohort_id
            and followed.person_id = ranked.person_id
            and followed.endpoint_id = ranked.endpoint_id
            and ranked.ending_rank = 1
    left join prior_events
        on
            followed.cohort_id = prior_events.cohort_id
            and followed.person_id = prior_events.person_id
            and followed.endpoint_id = prior_events.endpoint_id

)

select * from time_to_event
