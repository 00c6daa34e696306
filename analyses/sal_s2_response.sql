-- SAL-S2: overall survival by response to the first salvage.
-- Kaplan-Meier of those ever and never exposed (which is biased), and from the landmark. Paste into DuckDB.
with analyses as (

    select * from studies.study_analyses
    where output_id = 'SAL-S2' and analysis_type = 'ever_treated'

),

followed as (

    select
        analyses.analysis_id,
        analyses.landmark_day,
        endpoints.label as exposure,
        lived.endpoint,
        lived.time_days,
        lived.event = 1 as is_event,
        given.time_days as exposed_day
    from analyses
    inner join studies.endpoints
        on analyses.study_id = endpoints.study_id and analyses.group_endpoint_id = endpoints.endpoint_id
    inner join studies.study_endpoints as lived
        on
            analyses.treated_cohort_id = lived.cohort_id
            and list_contains(string_split(analyses.endpoint_ids, ';'), lived.endpoint)
            and not lived.had_prior_event
    left join studies.study_endpoints as given
        on
            lived.cohort_id = given.cohort_id
            and lived.person_id = given.person_id
            and analyses.group_endpoint_id = given.endpoint
            and given.event = 1
            and not given.had_prior_event

),

grouped as (

    select
        analysis_id,
        endpoint,
        'ever against never (immortal-time biased)' as population,
        case when exposed_day < time_days then exposure || ': yes' else exposure || ': no' end as arm,
        time_days,
        is_event
    from followed
    union all
    select
        analysis_id,
        endpoint,
        'landmark at day ' || landmark_day as population,
        case when exposed_day <= landmark_day then exposure || ': yes' else exposure || ': no' end as arm,
        time_days - landmark_day as time_days,
        is_event
    from followed
    where time_days > landmark_day

),

days as (

    select
        analysis_id,
        endpoint,
        population,
        arm,
        time_days,
        count(*) as leaving,
        count(*) filter (where is_event) as events
    from grouped
    group by all

),

at_risk as (

    select
        *,
        sum(leaving) over (
            partition by analysis_id, endpoint, population, arm order by time_days desc
        ) as persons
    from days

)

select
    analysis_id,
    endpoint,
    population,
    arm,
    time_days,
    persons as at_risk,
    events,
    leaving - events as censored,
    product(1 - events / persons) over (
        partition by analysis_id, endpoint, population, arm order by time_days
    ) as survival
from at_risk
order by analysis_id, endpoint, population, arm, time_days;
