-- SAL-F1: overall survival after the relapse, and progression-free survival of the first salvage.
-- Kaplan-Meier by group: at risk, events and survival on each day. Paste into DuckDB.
with analyses as (

    select * from studies.study_analyses
    where output_id = 'SAL-F1' and analysis_type = 'survival'

),

followed as (

    select
        analyses.analysis_id,
        study_endpoints.endpoint,
        study_endpoints.time_days,
        study_endpoints.event = 1 as is_event,
        case
            when analyses.group_covariate_id is null then 'All'
            when study_covariates.value_text is not null then covariates.label || ': ' || study_covariates.value_text
            when study_covariates.value_number = 1 then covariates.label || ': yes'
            when study_covariates.value_number = 0 then covariates.label || ': no'
        end as arm
    from analyses
    inner join studies.study_endpoints
        on
            analyses.treated_cohort_id = study_endpoints.cohort_id
            and list_contains(string_split(analyses.endpoint_ids, ';'), study_endpoints.endpoint)
            and not study_endpoints.had_prior_event
    left join studies.study_covariates
        on
            study_endpoints.cohort_id = study_covariates.cohort_id
            and study_endpoints.person_id = study_covariates.person_id
            and analyses.group_covariate_id = study_covariates.covariate_id
    left join studies.covariates
        on
            analyses.study_id = covariates.study_id
            and analyses.group_covariate_id = covariates.covariate_id

),

days as (

    select
        analysis_id,
        endpoint,
        arm,
        time_days,
        count(*) as leaving,
        count(*) filter (where is_event) as events
    from followed
    where arm is not null
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
    'all' as population,
    arm,
    time_days,
    persons as at_risk,
    events,
    leaving - events as censored,
    product(1 - events / persons) over (partition by analysis_id, endpoint, arm order by time_days) as survival
from at_risk
order by analysis_id, endpoint, arm, time_days;
