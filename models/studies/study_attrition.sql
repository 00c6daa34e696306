-- One row per study, cohort and step: how many entered it, left at it and stayed. What Python may read of
-- cohort_attrition.

with cohort_attrition as (select * from {{ ref('cohort_attrition') }})

select * from cohort_attrition
