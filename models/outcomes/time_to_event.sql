-- One row per study, cohort, member and endpoint: how long the person was followed, how it ended and why.
-- Definition: the earliest event of the follow-up window ends it, at the latest the horizon; on one day an event goes
-- before a competing event and that before censoring, then the rule with the lower priority. A same-day ending counts
-- one day (specification records 0.2). had_prior_event marks those whom the study drops from this endpoint for a
-- history of it. entry_days is the day from which the member is at risk: 0, or that of the endpoint's entry event (left
-- truncation: who must live to reach a response is not at risk of relapse before); NULL if it never came while the
-- member was followed.
-- Limits: a member without any later record is censored on day 1.

with members as (select * from {{ ref('cohort_members') }}),
endpoints as (select * from {{ ref('endpoints') }}),
endpoint_rules as (select * from {{ ref('endpoint_rules') }}),
endpoint_events as (select * from {{ ref('endpoint_events') }}),

possible_endings as (

    select
        cohort_id,
        person_id,
        endpoint_id,
        candidate_date as end_date,
        case role when 'event' then 1 when 'competing' then 2 else 0 end as event,
        reason,
        case role when 'event' then 1 when 'competing' then 2 else 3 end as role_rank,
        priority
    from endpoint_events
    where not is_prior and role in ('event', 'competing', 'censor')
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

ranked_endings as (

    select
        possible_endings.*,
        row_number() over (
            partition by cohort_id, person_id, endpoint_id order by end_date, role_rank, priority, reason
        ) as ending_rank
    from possible_endings

),

late_endpoints as (

    select distinct
        study_id,
        endpoint_id
    from endpoint_rules
    where role = 'entry'

),

histories as (

    select
        cohort_id,
        person_id,
        endpoint_id,
        bool_or(is_prior and role = 'event') as had_event,
        min(case when role = 'entry' then greatest(0, {{ days_between('index_date', 'candidate_date') }}) end)
            as entry_days
    from endpoint_events
    group by 1, 2, 3

),

followed_members as (

    select
        members.study_id,
        members.cohort_id,
        members.person_id,
        endpoints.endpoint_id as endpoint,
        coalesce(endings.reason, 'No record after index') as reason,
        greatest(1, coalesce({{ days_between('members.index_date', 'endings.end_date') }}, 1)) as time_days,
        coalesce(endings.event, 0) as event,
        endpoints.excludes_prior and coalesce(histories.had_event, false) as had_prior_event,
        case when late_endpoints.endpoint_id is null then 0 else histories.entry_days end as entry_days,
        members.index_date as start_date,
        coalesce(endings.end_date, members.index_date + 1) as end_date
    from members
    inner join endpoints on members.study_id = endpoints.study_id
    left join ranked_endings as endings
        on
            members.cohort_id = endings.cohort_id
            and members.person_id = endings.person_id
            and endpoints.endpoint_id = endings.endpoint_id
            and endings.ending_rank = 1
    left join late_endpoints
        on endpoints.study_id = late_endpoints.study_id and endpoints.endpoint_id = late_endpoints.endpoint_id
    left join histories
        on
            members.cohort_id = histories.cohort_id
            and members.person_id = histories.person_id
            and endpoints.endpoint_id = histories.endpoint_id

),

time_to_event as (

    select
        study_id,
        cohort_id,
        person_id,
        endpoint,
        reason,
        time_days,
        event,
        had_prior_event,
        case when entry_days < time_days then entry_days end as entry_days,
        start_date,
        end_date
    from followed_members

)

select * from time_to_event
