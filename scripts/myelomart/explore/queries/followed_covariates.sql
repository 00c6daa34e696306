-- What the study reports of each member of the cohorts at index.
select cohort_id, person_id, covariate_id, value_text, value_number from studies.study_covariates
where cohort_id in (select unnest($cohorts))
