-- CVP-O1: how many persons came to, left at and passed each step into the two arms. Paste into DuckDB.
select
    cohort_id,
    step,
    label,
    persons_before,
    persons_excluded,
    persons_unknown,
    persons_after
from studies.study_attrition
where study_id = 'cart_vs_pom'
order by cohort_id, step;
