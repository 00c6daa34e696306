-- What the study reports of each member of the cohorts at index.
select * from studies.study_covariates
where list_contains($cohorts, cohort_id)
order by cohort_id, person_id, covariate_id
