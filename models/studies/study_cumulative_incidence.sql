-- One row per study, cohort, endpoint and day on which a member's follow-up ended: how many were at risk, what
-- happened, and the probability, by the end of that day, of the event, of the competing event and of neither.
-- Definition: Aalen-Johansen (Scand J Stat 1978;5:141). event_free is the product of 1 - (events of either kind) / at
-- risk: Kaplan-Meier (J Am Stat Assoc 1958;53:457) where nothing competes. An incidence adds event_free of the day
-- before x events / at risk. On one day events go before censoring; who enters late is at risk from the day after.
-- Persons whom the endpoint drops for a history of it, and those never at risk, are not counted.
-- Limits: no confidence limits and no matching, which the Python estimators have. The product is a sum of logarithms,
-- rounded to 12 digits.

with time_to_event as (

    select * from {{ ref('time_to_event') }}
    where not had_prior_event and entry_days is not null

),

-- every member once as entering and once as leaving
changes as (

    select
        time_to_event.study_id,
        time_to_event.cohort_id,
        time_to_event.endpoint,
        case when sides.leaves = 1 then time_to_event.time_days else time_to_event.entry_days end as time_days,
        sides.leaves,
        case when sides.leaves = 1 then time_to_event.event end as event
    from time_to_event
    cross join (values (0), (1)) as sides (leaves)

),

days as (

    select
        study_id,
        cohort_id,
        endpoint,
        time_days,
        sum(leaves) as leaving,
        sum(1 - leaves) as entering,
        count(case when event = 1 then 1 end) as events,
        count(case when event = 2 then 1 end) as competing_events
    from changes
    group by 1, 2, 3, 4

),

at_risk as (

    select
        study_id,
        cohort_id,
        endpoint,
        time_days,
        leaving,
        events,
        competing_events,
        cast(events + competing_events as double) as endings,
        cast(
            sum(entering - leaving) over (
                partition by study_id, cohort_id, endpoint order by time_days
            ) - entering + leaving as double
        ) as persons
    from days

),

survival as (

    select
        *,
        case
            when max(case when endings = persons then 1 else 0 end) over through_today = 1 then 0.0
            else exp(sum(case when endings < persons then ln(1 - endings / persons) else 0.0 end) over through_today)
        end as event_free
    from at_risk
    where leaving > 0
    window through_today as (partition by study_id, cohort_id, endpoint order by time_days)

),

steps as (

    select
        *,
        lag(event_free, 1, 1.0) over (partition by study_id, cohort_id, endpoint order by time_days)
        / persons as share_of_one
    from survival

),

study_cumulative_incidence as (

    select
        study_id,
        cohort_id,
        endpoint,
        time_days,
        cast(persons as bigint) as at_risk,
        cast(events as bigint) as events,
        cast(competing_events as bigint) as competing_events,
        cast(leaving - endings as bigint) as censored,
        round(event_free, 12) as event_free,
        round(sum(share_of_one * events) over through_today, 12) as incidence,
        round(sum(share_of_one * competing_events) over through_today, 12) as competing_incidence
    from steps
    window through_today as (partition by study_id, cohort_id, endpoint order by time_days)

)

select * from study_cumulative_incidence
