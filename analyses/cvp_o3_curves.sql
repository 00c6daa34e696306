-- CVP-O3: Kaplan-Meier of each outcome in the matched arms: at risk, events and survival on each day.
-- Run in the folder that holds results/, for the pairs are made in Python. Paste into DuckDB.
with pairs as (

    select * from read_parquet('results/cart_vs_pom/matched_pairs.parquet')

),

days as (

    select
        pairs.analysis_id,
        study_endpoints.endpoint,
        cohorts.label as arm,
        study_endpoints.time_days,
        count(*) as leaving,
        count(*) filter (where study_endpoints.event = 1) as events
    from pairs
    inner join studies.cohorts on pairs.cohort_id = cohorts.cohort_id
    inner join studies.study_endpoints
        on pairs.cohort_id = study_endpoints.cohort_id and pairs.person_id = study_endpoints.person_id
    inner join studies.study_analyses on pairs.analysis_id = study_analyses.analysis_id
    where
        study_analyses.analysis_type = 'kaplan_meier'
        and instr(';' || study_analyses.endpoint_ids || ';', ';' || study_endpoints.endpoint || ';') > 0
        and not study_endpoints.had_prior_event
    group by all

),

at_risk as (

    select
        *,
        sum(leaving) over (partition by analysis_id, endpoint, arm order by time_days desc) as persons
    from days

)

select
    analysis_id,
    endpoint,
    'matched' as population,
    arm,
    time_days,
    persons as at_risk,
    events,
    leaving - events as censored,
    product(1 - events / persons) over (partition by analysis_id, endpoint, arm order by time_days) as survival
from at_risk
order by analysis_id, endpoint, arm, time_days;
