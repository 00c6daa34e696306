-- One row per row of a study's definition that asks for an event which nobody ever had.
-- Definition: a criterion, covariate, endpoint rule or index event whose group has no event in cohorts.grouped_events.
-- Suspicious, not wrong: the code may be missing from the source, or the event may be rare.

with cohorts as (select * from {{ ref('cohorts') }}),
cohort_criteria as (select * from {{ ref('cohort_criteria') }}),
covariates as (select * from {{ ref('covariates') }}),
endpoint_rules as (select * from {{ ref('endpoint_rules') }}),

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

met_groups as (

    select distinct event_group from {{ ref('grouped_events') }}

),

criteria_without_matches as (

    select distinct
        asked.study_id,
        asked.asked_by,
        asked.label,
        asked.event_group
    from asked
    left join met_groups on asked.event_group = met_groups.event_group
    where asked.event_group is not null and met_groups.event_group is null

)

select * from criteria_without_matches
