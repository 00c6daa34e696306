-- The members of the cohorts, with the day from which they are followed.
select * from studies.study_population
where list_contains($cohorts, cohort_id)
order by cohort_id, person_id
