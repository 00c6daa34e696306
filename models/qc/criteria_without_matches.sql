-- One row per row of a study's definition that asks for an event which nobody ever had.
-- Definition: a criterion, covariate, endpoint rule or index event whose group has no event in core.clinical_events.
-- Suspicious, not wrong: the code may be missing from the source, or the event may be rare.

with cohorts as (select * from {{ ref('cohorts') }}),
cohort_criteria as (select * from {{ ref('cohort_criteria') }}),
covariates as (select * from {{ ref('covariates') }}),
endpoint_rules as (select * from {{ ref('endpoint_rules') }}),
event_groups as (select * from {{ ref('event_groups') }}),
clinical_events as (select * from {{ ref('clinical_events') }}),

asked as (

    select
        study_id,
        'index event' as asked_by,
        label,
        index_event_group as event_group
    from cohorts
    union all
    select
        cohorts.study_id,
        'criterion' as asked_by,
        cohort_criteria.label,
        cohort_criteria.event_group
    from cohort_criteria
    inner join cohorts on cohort_criteria.cohort_id = cohorts.cohort_id
    union all
    select
        study_id,
        'covariate' as asked_by,
        label,
        event_group
    from covariates
    union all
    select
        study_id,
        'endpoint' as asked_by,
        endpoint_id as label,
        event_group
    from endpoint_rules

),

found as (

    select
        event_groups.event_group_id,
        count(clinical_events.person_id) as event_count
    from event_groups
    left join clinical_events
        on
            event_groups.event_type = clinical_events.event_type
            and event_groups.event_code = clinical_events.event_code
    group by 1

),

criteria_without_matches as (

    select distinct
        asked.study_id,
        asked.asked_by,
        asked.label,
        asked.event_group
    from asked
    inner join found on asked.event_group = found.event_group_id
    where found.event_count = 0

)

select * from criteria_without_matches
