{{ config(materialized='ephemeral') }}
-- One row per cohort and step on the way into it, in order: myeloma (-2), the index event (-1), the calendar period
-- (0), then the cohort's own criteria; alternatives of one step share its label.

with cohorts as (select * from {{ ref('cohorts') }}),
criteria as (select * from {{ ref('cohort_criteria') }}),

common_steps as (

    select
        -2 as step,
        'Multiple myeloma' as label
    union all
    select
        -1 as step,
        'Index event' as label
    union all
    select
        0 as step,
        'Index within the calendar period' as label

),

cohort_steps as (

    select
        cohorts.study_id,
        cohorts.cohort_id,
        'include' as kind,
        common_steps.label,
        common_steps.step
    from cohorts
    cross join common_steps
    union all
    select
        cohorts.study_id,
        cohorts.cohort_id,
        min(criteria.kind) as kind,
        {{ sorted_distinct_concat('criteria.label', ' or ') }} as label,
        criteria.step
    from cohorts
    inner join criteria on cohorts.cohort_id = criteria.cohort_id
    group by 1, 2, 5

)

select * from cohort_steps
