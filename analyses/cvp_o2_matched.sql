-- CVP-O2: persons removed for a history, at risk, and with the outcome, per outcome and matched arm, at each time zero.
-- Run in the folder that holds results/, for the pairs are made in Python. Paste into DuckDB.
with pairs as (

    select * from read_parquet('results/cart_vs_pom/matched_pairs.parquet')

),

followed as (

    select
        pairs.analysis_id,
        cohorts.label as arm,
        study_endpoints.endpoint,
        study_endpoints.had_prior_event,
        study_endpoints.event
    from pairs
    inner join studies.cohorts on pairs.cohort_id = cohorts.cohort_id
    inner join studies.study_endpoints
        on pairs.cohort_id = study_endpoints.cohort_id and pairs.person_id = study_endpoints.person_id
    inner join studies.study_analyses on pairs.analysis_id = study_analyses.analysis_id
    where
        study_analyses.analysis_type = 'hazard_ratios'
        and instr(';' || study_analyses.endpoint_ids || ';', ';' || study_endpoints.endpoint || ';') > 0

)

select
    analysis_id,
    endpoint,
    arm,
    count(*) filter (where had_prior_event) as removed_for_prior_outcome,
    count(*) filter (where not had_prior_event) as n,
    count(*) filter (where event = 1 and not had_prior_event) as events,
    count(*) filter (where event = 2 and not had_prior_event) as competing_events
from followed
group by all
order by analysis_id, endpoint, arm;
