-- One row per cohort and person with the index event that the cohort asks for.
-- Definition: the n-th day (index_occurrence) on which the person had an event of the cohort's index group; the index
-- date is that day plus index_offset_days (a landmark).

with cohorts as (select * from {{ ref('cohorts') }}),
grouped_events as (select * from {{ ref('grouped_events') }}),

event_days as (

    select distinct
        cohorts.cohort_id,
        grouped_events.person_id,
        grouped_events.event_date
    from cohorts
    inner join grouped_events on cohorts.index_event_group = grouped_events.event_group

),

numbered_days as (

    select
        event_days.*,
        row_number() over (partition by cohort_id, person_id order by event_date) as occurrence
    from event_days

),

index_events as (

    select
        cohorts.study_id,
        cohorts.cohort_id,
        numbered_days.person_id,
        numbered_days.event_date as index_event_date,
        numbered_days.event_date + cohorts.index_offset_days as index_date,
        coalesce(numbered_days.event_date + cohorts.index_offset_days >= cohorts.index_from, true)
        and coalesce(numbered_days.event_date + cohorts.index_offset_days <= cohorts.index_to, true) as is_in_period
    from numbered_days
    inner join cohorts
        on
            numbered_days.cohort_id = cohorts.cohort_id
            and numbered_days.occurrence = cohorts.index_occurrence

)

select * from index_events
