-- One row per member, endpoint, rule of the endpoint and relation to index: the first day on which the rule held.
-- Definition: is_prior tells the history of the outcome, up to prior_until_day, from the follow-up window, start_day to
-- horizon_days after index. What lies between (the stay in which the infusion was given) is neither.

with members as (select * from {{ ref('cohort_decisions') }} where is_member),
endpoints as (select * from {{ ref('endpoints') }}),
endpoint_rules as (select * from {{ ref('endpoint_rules') }}),
grouped_events as (select * from {{ ref('grouped_events') }}),

rules as (

    select
        endpoint_rules.*,
        endpoints.start_day,
        endpoints.prior_until_day,
        endpoints.horizon_days
    from endpoint_rules
    inner join endpoints
        on endpoint_rules.study_id = endpoints.study_id and endpoint_rules.endpoint_id = endpoints.endpoint_id

),

endpoint_events as (

    select
        members.study_id,
        members.cohort_id,
        members.person_id,
        members.index_date,
        rules.endpoint_id,
        rules.role,
        rules.priority,
        rules.reason,
        {{ days_between('members.index_date', 'grouped_events.event_date') }} <= rules.prior_until_day as is_prior,
        min(grouped_events.event_date) as candidate_date
    from members
    inner join rules on members.study_id = rules.study_id
    inner join grouped_events
        on rules.event_group = grouped_events.event_group and members.person_id = grouped_events.person_id
    where
        (
            {{ days_between('members.index_date', 'grouped_events.event_date') }} <= rules.prior_until_day
            or (
                {{ days_between('members.index_date', 'grouped_events.event_date') }} >= rules.start_day
                and (
                    rules.horizon_days is null
                    or {{ days_between('members.index_date', 'grouped_events.event_date') }} <= rules.horizon_days
                )
            )
        )
        and (
            rules.value_operator is null
            or {{ compare('grouped_events.value', 'rules.value_operator', 'rules.value_number') }}
        )
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9

)

select * from endpoint_events
