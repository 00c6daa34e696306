-- One row per member, endpoint of which every occurrence counts and day: each day on which it happened, and the day on
-- which the follow-up ended.
-- Definition: the endpoints are those that an analysis lists as counted (seeds/studies/analyses). An event does not end
-- the follow-up here: the first competing or censoring event of the window does, at the latest the horizon; on one day
-- competing goes first. kind is 1 for an occurrence, 2 for a competing and 0 for any other end, as the mean cumulative
-- count reads them (specification endpoints 6.1). days are those of the occurrence, both ends included and not beyond
-- the end of follow-up; days of two that overlap count once.
-- Limits: a stay that a source cuts into several records counts once for each; its days are the same. Persons with an
-- earlier event are not left out.

with members as (select * from {{ ref('cohort_members') }}),
endpoints as (select * from {{ ref('endpoints') }}),
analyses as (select * from {{ ref('analyses') }}),
endpoint_rules as (select * from {{ ref('endpoint_rules') }}),
endpoint_events as (select * from {{ ref('endpoint_events') }}),
grouped_events as (select * from {{ ref('grouped_events') }}),

counted_endpoints as (

    select distinct
        endpoints.study_id,
        endpoints.endpoint_id,
        endpoints.start_day,
        endpoints.horizon_days
    from endpoints
    inner join analyses
        on
            endpoints.study_id = analyses.study_id
            and instr(
                concat(';', analyses.counted_endpoint_ids, ';'), concat(';', endpoints.endpoint_id, ';')
            ) > 0

),

counted_members as (

    select
        members.study_id,
        members.cohort_id,
        members.person_id,
        members.index_date,
        counted_endpoints.endpoint_id,
        counted_endpoints.start_day,
        counted_endpoints.horizon_days
    from members
    inner join counted_endpoints on members.study_id = counted_endpoints.study_id

),

possible_endings as (

    select
        cohort_id,
        person_id,
        endpoint_id,
        candidate_date as end_date,
        case role when 'competing' then 2 else 0 end as kind
    from endpoint_events
    where not is_prior and role in ('competing', 'censor')
    union all
    select
        cohort_id,
        person_id,
        endpoint_id,
        index_date + horizon_days as end_date,
        0 as kind
    from counted_members
    where horizon_days is not null

),

ranked_endings as (

    select
        possible_endings.*,
        row_number() over (
            partition by cohort_id, person_id, endpoint_id order by end_date, kind desc
        ) as ending_rank
    from possible_endings

),

followed_members as (

    select
        counted_members.*,
        coalesce(endings.end_date, counted_members.index_date + 1) as end_date,
        coalesce(endings.kind, 0) as kind
    from counted_members
    left join ranked_endings as endings
        on
            counted_members.cohort_id = endings.cohort_id
            and counted_members.person_id = endings.person_id
            and counted_members.endpoint_id = endings.endpoint_id
            and endings.ending_rank = 1

),

occurrences as (

    select
        followed_members.study_id,
        followed_members.cohort_id,
        followed_members.person_id,
        followed_members.endpoint_id,
        followed_members.index_date,
        followed_members.end_date as follow_up_end,
        grouped_events.event_date,
        max(least(coalesce(grouped_events.end_date, grouped_events.event_date), followed_members.end_date)) as last_date
    from followed_members
    inner join endpoint_rules
        on
            followed_members.study_id = endpoint_rules.study_id
            and followed_members.endpoint_id = endpoint_rules.endpoint_id
            and endpoint_rules.role = 'event'
    inner join grouped_events
        on
            endpoint_rules.event_group = grouped_events.event_group
            and followed_members.person_id = grouped_events.person_id
    where
        {{ days_between('followed_members.index_date', 'grouped_events.event_date') }} >= followed_members.start_day
        and grouped_events.event_date <= followed_members.end_date
        and (
            endpoint_rules.value_operator is null
            or {{ compare('grouped_events.value', 'endpoint_rules.value_operator', 'endpoint_rules.value_number') }}
        )
    group by 1, 2, 3, 4, 5, 6, 7

),

spans as (

    select
        occurrences.*,
        max(last_date) over (
            partition by cohort_id, person_id, endpoint_id order by event_date
            rows between unbounded preceding and current row
        ) as reached_date,
        lead(event_date) over (partition by cohort_id, person_id, endpoint_id order by event_date) as next_date
    from occurrences

),

repeated_events as (

    select
        study_id,
        cohort_id,
        person_id,
        endpoint_id as endpoint,
        greatest(1, {{ days_between('index_date', 'event_date') }}) as time_days,
        1 as kind,
        cast(
            sum(1 + {{ days_between('event_date', 'least(reached_date, coalesce(next_date - 1, reached_date))') }})
            as integer
        ) as days
    from spans
    group by 1, 2, 3, 4, 5
    union all
    select
        study_id,
        cohort_id,
        person_id,
        endpoint_id as endpoint,
        greatest(1, {{ days_between('index_date', 'end_date') }}) as time_days,
        kind,
        cast(null as integer) as days
    from followed_members

)

select * from repeated_events
