-- CVP-O3: curves of each outcome in the matched arms: at risk, events and the share on each day. Where
-- studies.curve_names names the curve it is survival (Kaplan-Meier), else incidence with death competing (Aalen-Johansen).
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
        count(*) filter (where study_endpoints.event = 1) as events,
        count(*) filter (where study_endpoints.event = 2) as competing_events
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

),

event_free as (

    select
        *,
        product(1 - events / persons) over through_the_day as survival,
        product(1 - (events + competing_events) / persons) over through_the_day as free_of_either
    from at_risk
    window through_the_day as (partition by analysis_id, endpoint, arm order by time_days)

),

incidences as (

    select
        *,
        coalesce(lag(free_of_either) over by_day, 1) * events / persons as incidence_of_the_day,
        sum(events) over (partition by analysis_id, endpoint, arm) as events_of_the_arm
    from event_free
    window by_day as (partition by analysis_id, endpoint, arm order by time_days)

)

select
    incidences.analysis_id,
    incidences.endpoint,
    'matched' as population,
    incidences.arm,
    incidences.time_days,
    incidences.persons as at_risk,
    incidences.events,
    incidences.leaving - incidences.events as censored, -- with those who died where death competes
    case
        when curve_names.curve_label is not null then incidences.survival
        else sum(incidences.incidence_of_the_day) over (
            partition by incidences.analysis_id, incidences.endpoint, incidences.arm order by incidences.time_days
        )
    end as survival
from incidences
left join studies.curve_names
    on incidences.endpoint = curve_names.endpoint_id and curve_names.study_id = 'cart_vs_pom'
where curve_names.curve_label is not null or incidences.events_of_the_arm > 0 -- no incidence where nobody had it
order by incidences.analysis_id, incidences.endpoint, incidences.arm, incidences.time_days;
