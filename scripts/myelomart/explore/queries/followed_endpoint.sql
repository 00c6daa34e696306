-- How long each member of the cohorts was followed for the endpoint, and how that ended.
select * from studies.study_endpoints
where list_contains($cohorts, cohort_id) and endpoint = $endpoint
order by cohort_id, person_id
