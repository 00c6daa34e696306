-- How long each member of the cohorts was followed for the endpoint, and how that ended.
select cohort_id, person_id, endpoint, time_days, event, had_prior_event from studies.study_endpoints
where cohort_id in (select unnest($cohorts)) and endpoint = $endpoint
order by cohort_id, person_id
