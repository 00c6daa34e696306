-- One row per cohort, member and covariate of the study: its value at index, or at the anchor that it names.
-- Definition: an event covariate is 1 or 0 (any), a count of days (count) or the latest value (last) in its window in
-- days from index or anchor; a characteristic is its value on that day. A value that nobody recorded is NULL.
-- Limits: of a person without the anchor everything is unknown.

with members as (select * from {{ ref('cohort_members') }}),

covariates as (

    select
        *,
        coalesce(anchor_event_group, 'index') as read_at
    from {{ ref('covariates') }}

),

grouped_events as (select * from {{ ref('grouped_events') }}),
lookback_days as (select * from {{ ref('lookback_days') }}),
index_characteristics as (select * from {{ ref('index_characteristics') }}),

asked as (

    select
        covariates.*,
        members.cohort_id,
        members.person_id,
        lookback_days.anchor_date
    from members
    inner join covariates on members.study_id = covariates.study_id
    left join lookback_days
        on
            members.cohort_id = lookback_days.cohort_id
            and members.person_id = lookback_days.person_id
            and covariates.read_at = lookback_days.anchor_event_group

),

-- several values of a day count once: the largest
matched_events as (

    select
        asked.cohort_id,
        asked.person_id,
        asked.covariate_id,
        grouped_events.event_date,
        grouped_events.event_code,
        max(grouped_events.value) as value
    from asked
    inner join grouped_events
        on asked.event_group = grouped_events.event_group and asked.person_id = grouped_events.person_id
    where
        asked.covariate_type = 'event'
        and {{ lies_in_window(
            days_between('asked.anchor_date', 'grouped_events.event_date'),
            'asked.window_start_days', 'asked.window_end_days'
        ) }}
    group by 1, 2, 3, 4, 5

),

event_summaries as (

    select
        cohort_id,
        person_id,
        covariate_id,
        count(distinct event_date) as day_count,
        max_by(value, cast(event_date as {{ dbt.type_string() }}) || event_code) as last_value
    from matched_events
    group by 1, 2, 3

),

baseline_covariates as (

    select
        asked.study_id,
        asked.cohort_id,
        asked.person_id,
        asked.covariate_id,
        index_characteristics.value_text,
        case
            when asked.covariate_type = 'characteristic' then index_characteristics.value_number
            when asked.anchor_date is null then null
            when asked.summary = 'any' then case when event_summaries.day_count > 0 then 1.0 else 0.0 end
            when asked.summary = 'count' then cast(coalesce(event_summaries.day_count, 0) as double)
            else event_summaries.last_value
        end as value_number
    from asked
    left join event_summaries
        on
            asked.cohort_id = event_summaries.cohort_id
            and asked.person_id = event_summaries.person_id
            and asked.covariate_id = event_summaries.covariate_id
    left join index_characteristics
        on
            asked.cohort_id = index_characteristics.cohort_id
            and asked.person_id = index_characteristics.person_id
            and asked.read_at = index_characteristics.anchor_event_group
            and asked.characteristic = index_characteristics.characteristic

)

select * from baseline_covariates
