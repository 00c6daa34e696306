-- For every person with the index event: in, or out at which step. Paste into DuckDB.
select
    cohort_decisions.cohort_id,
    cohort_decisions.failed_step,
    coalesce(cohort_attrition.label, 'in the cohort') as reason,
    cohort_decisions.has_unknown,
    count(*) as persons
from cohorts.cohort_decisions
left join cohorts.cohort_attrition
    on
        cohort_decisions.cohort_id = cohort_attrition.cohort_id
        and cohort_decisions.failed_step = cohort_attrition.step
group by all
order by cohort_decisions.cohort_id, cohort_decisions.failed_step nulls last;
