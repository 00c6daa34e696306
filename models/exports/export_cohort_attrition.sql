{{ config(alias='cohort_attrition') }}
-- One row per cohort and step from everybody in the source to the cohort, as omopgenerics reads attrition.
-- Definition: cohorts.cohort_attrition, with its steps numbered from 1; a person has one record in a cohort, so that
-- records and subjects are the same.

with attrition as (select * from {{ ref('cohort_attrition') }}),

export_cohort_attrition as (

    select
        cast({{ stable_number('cohort_id', 7) }} as integer) as cohort_definition_id,
        cast(persons_after as integer) as number_records,
        cast(persons_after as integer) as number_subjects,
        cast(row_number() over (partition by cohort_id order by step) as integer) as reason_id,
        label as reason,
        cast(persons_excluded as integer) as excluded_records,
        cast(persons_excluded as integer) as excluded_subjects
    from attrition

)

select * from export_cohort_attrition
