-- CVP-O2: persons at risk, first events and persons removed for a history, per outcome and cohort, before matching; the
-- CAR-T arm has a cohort for each of its time zeros. Paste into DuckDB.
select
    study_endpoints.endpoint,
    study_population.arm,
    study_population.cohort_id,
    count(*) as persons,
    count(*) filter (where study_endpoints.had_prior_event) as persons_removed,
    count(*) filter (where not study_endpoints.had_prior_event) as persons_at_risk,
    count(*) filter (where study_endpoints.event = 1 and not study_endpoints.had_prior_event) as persons_with_event,
    count(*) filter (where study_endpoints.event = 2 and not study_endpoints.had_prior_event) as persons_with_competing_event
from studies.study_endpoints
inner join studies.study_population
    on
        study_endpoints.cohort_id = study_population.cohort_id
        and study_endpoints.person_id = study_population.person_id
where study_endpoints.study_id = 'cart_vs_pom'
group by all
order by study_endpoints.endpoint, study_population.arm, study_population.cohort_id;
