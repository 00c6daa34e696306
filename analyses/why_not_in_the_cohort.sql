-- For every person with the index event: in, or out at which step. Paste into DuckDB.
select
    study_decisions.cohort_id,
    study_decisions.failed_step,
    coalesce(study_attrition.label, 'in the cohort') as reason,
    study_decisions.has_unknown,
    count(*) as persons
from studies.study_decisions
left join studies.study_attrition
    on
        study_decisions.cohort_id = study_attrition.cohort_id
        and study_decisions.failed_step = study_attrition.step
group by all
order by study_decisions.cohort_id, study_decisions.failed_step nulls last;
