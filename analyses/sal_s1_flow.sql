-- SAL-S1: from everybody in the source to the patients treated after the relapse; the boxes close. Paste into DuckDB.
select
    step,
    kind,
    label,
    persons_before,
    persons_excluded,
    persons_unknown,
    persons_after
from studies.study_attrition
where cohort_id = 'salvage_infused'
order by step;
