-- One row per cohort and person with the index event that the cohort asks for.
-- Definition: the n-th day (index_occurrence) on which the person had an event of the cohort's index group; the index
-- date is that day plus index_offset_days (a landmark).

with cohorts as (select * from {{ ref('cohorts') }}),
event_groups as (select * from {{ ref('event_groups') }}),
clinical_events as (select * from {{ ref('clinical_events') }}),

event_days as (

    select distinct
        cohorts.cohort_id,
        clinical_events.person_id,
        clinical_events.event_date
    from cohorts
    inner join event_groups on cohorts.index_event_group = event_groups.event_group_id
    inner join clinical_events
        on
            event_groups.event_type = clinical_events.event_type
            and event_groups.event_code = clinical_events.event_code

),

numbered as (

    select
        event_days.*,
        row_number() over (partition by cohort_id, person_id order by event_date) as occurrence
    from event_days

),

index_events as (

    select
        cohorts.study_id,
        cohorts.cohort_id,
        numbered.person_id,
        numbered.event_date as index_event_date,
        numbered.event_date + cohorts.index_offset_days as index_date,
        coalesce(numbered.event_date + cohorts.index_offset_days >= cohorts.index_from, true)
        and coalesce(numbered.event_date + cohorts.index_offset_days <= cohorts.index_to, true) as is_in_period
    from numbered
    inner join cohorts
        on
            numbered.cohort_id = cohorts.cohort_id
            and numbered.occurrence = cohorts.index_occurrence

)

select * from index_events
