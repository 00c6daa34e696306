-- One row per cohort, person with its index event in the period, and criterion: is it met?
-- Definition: an event criterion is met when at least min_count days in the window carry an event of the group whose
-- value passes; a characteristic criterion when its value on the index date passes. A characteristic nobody recorded
-- leaves is_met NULL: unknown is not no.

with criteria as (select * from {{ ref('cohort_criteria') }}),

index_events as (

    select * from {{ ref('index_events') }}
    where is_in_period

),

grouped_events as (select * from {{ ref('grouped_events') }}),
index_characteristics as (select * from {{ ref('index_characteristics') }}),

asked as (

    select
        index_events.person_id,
        index_events.index_date,
        criteria.*,
        {{ stable_id(['criteria.cohort_id', 'criteria.step', 'criteria.event_group', 'criteria.characteristic', 'criteria.label']) }}
            as criterion_id
    from index_events
    inner join criteria on index_events.cohort_id = criteria.cohort_id

),

matched_events as (

    select
        asked.criterion_id,
        asked.person_id,
        count(distinct grouped_events.event_date) as match_count
    from asked
    inner join grouped_events
        on asked.event_group = grouped_events.event_group and asked.person_id = grouped_events.person_id
    where
        asked.criterion_type = 'event'
        and {{ lies_in_window(
            days_between('asked.index_date', 'grouped_events.event_date'),
            'asked.window_start_days', 'asked.window_end_days'
        ) }}
        and (
            asked.value_operator is null
            or {{ compare('grouped_events.value', 'asked.value_operator', 'asked.value_number') }}
        )
    group by 1, 2

),

criterion_results as (

    select
        asked.cohort_id,
        asked.person_id,
        asked.criterion_id,
        asked.kind,
        asked.step,
        coalesce(matched_events.match_count, 0) as match_count,
        case
            when asked.criterion_type = 'event' then coalesce(matched_events.match_count, 0) >= asked.min_count
            when asked.value_text is not null then index_characteristics.value_text = asked.value_text
            else {{ compare('index_characteristics.value_number', 'asked.value_operator', 'asked.value_number') }}
        end as is_met
    from asked
    left join matched_events
        on asked.criterion_id = matched_events.criterion_id and asked.person_id = matched_events.person_id
    left join index_characteristics
        on
            asked.cohort_id = index_characteristics.cohort_id
            and asked.person_id = index_characteristics.person_id
            and asked.characteristic = index_characteristics.characteristic
            and index_characteristics.anchor_event_group = 'index'

)

select * from criterion_results
