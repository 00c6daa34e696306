-- One row per study, cohort and person with the index event: in or out, and at which step. What Python may read of
-- cohort_decisions.

with cohort_decisions as (select * from {{ ref('cohort_decisions') }})

select * from cohort_decisions
