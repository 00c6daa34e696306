-- LTF-F1: from everybody in the source to the patients followed from the infusion. Paste into DuckDB.
select
    step,
    kind,
    label,
    persons_before,
    persons_excluded,
    persons_unknown,
    persons_after
from studies.study_attrition
where cohort_id = 'followup_infused'
order by step;
