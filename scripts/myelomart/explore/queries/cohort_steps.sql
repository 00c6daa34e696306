-- The steps of a cohort's flow, in order.
select step, kind, label, persons_excluded
from cohorts.cohort_attrition
where cohort_id = $cohort and step >= 0
order by step
