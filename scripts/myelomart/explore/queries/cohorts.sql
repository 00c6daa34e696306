-- The cohorts of every study, in the order of the studies.
select
    cohorts.cohort_id,
    cohorts.study_id,
    cohorts.label,
    cohorts.arm,
    studies.title,
    cohorts.study_id in (select study_id from studies.endpoints where horizon_days is null) as has_open_endpoint
from studies.cohorts as cohorts
inner join studies.studies as studies on cohorts.study_id = studies.study_id
order by studies.sort_order, studies.study_id, cohorts.arm desc, cohorts.cohort_id
