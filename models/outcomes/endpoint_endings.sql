-- One row per member, endpoint and day on which the follow-up could end: a candidate after the start, or the horizon.
-- ending_rank 1 is the one that does: the earliest; on one day the event, then what competes, then what censors.

with members as (select * from {{ ref('cohort_members') }}),
endpoints as (select * from {{ ref('endpoints') }}),

candidates as (

    select * from {{ ref('endpoint_events') }}
    where not is_prior and role in ('event', 'competing', 'censor')

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
    union all
    select
        members.cohort_id,
        members.person_id,
        endpoints.endpoint_id,
        members.index_date + endpoints.horizon_days as end_date,
        0 as event,
        'End of follow-up window' as reason,
        4 as role_rank,
        0 as priority
    from members
    inner join endpoints on members.study_id = endpoints.study_id
    where endpoints.horizon_days is not null

),

endpoint_endings as (

    select
        cohort_id,
        person_id,
        endpoint_id,
        end_date,
        event,
        reason,
        cast(row_number() over (
            partition by cohort_id, person_id, endpoint_id order by end_date, role_rank, priority, reason
        ) as bigint) as ending_rank
    from endings

)

select * from endpoint_endings
