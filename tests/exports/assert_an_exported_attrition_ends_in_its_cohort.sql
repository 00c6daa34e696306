-- omopgenerics refuses cohorts without attrition and attrition without a cohort; the last step leaves its members.

with attrition as (select * from {{ ref('export_cohort_attrition') }}),
cohort_count as (select * from {{ ref('cohort_count') }}),

last_steps as (

    select
        cohort_definition_id,
        max(reason_id) as reason_id
    from attrition
    group by 1

),

left_over as (

    select
        attrition.cohort_definition_id,
        attrition.number_subjects
    from attrition
    inner join last_steps
        on
            attrition.cohort_definition_id = last_steps.cohort_definition_id
            and attrition.reason_id = last_steps.reason_id

)

select
    cohort_count.cohort_definition_id,
    cohort_count.number_subjects as members,
    left_over.number_subjects as left_after_the_last_step
from cohort_count
full outer join left_over on cohort_count.cohort_definition_id = left_over.cohort_definition_id
where coalesce(cohort_count.number_subjects, -1) != coalesce(left_over.number_subjects, -2)
