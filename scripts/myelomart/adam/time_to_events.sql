-- One row per subject and endpoint. Day 1 is the index date and there is no day 0; a competing event is censored and marked.

with outcomes as (select * from studies.study_endpoints),
endpoints as (select * from studies.endpoints),
cohorts as (select * from studies.cohorts),

times as (

    select
        outcomes.study_id,
        outcomes.study_id || '-' || outcomes.person_id as subject,
        cohorts.label as treatment,
        outcomes.endpoint as code_of,
        endpoints.label || ' (days)' as parameter,
        endpoints.row_group as category,
        outcomes.time_days as value,
        outcomes.start_date,
        outcomes.end_date,
        outcomes.end_date - outcomes.start_date + 1 as day_number,
        case when outcomes.event = 1 then 0 else 1 end as is_censored,
        outcomes.reason,
        case when outcomes.event <> 1 then outcomes.reason end as censored_because,
        case when outcomes.event = 2 then 'Y' end as is_competing,
        case when not outcomes.had_prior_event then 'Y' end as is_analysed,
        outcomes.entry_days
    from outcomes
    inner join endpoints
        on outcomes.study_id = endpoints.study_id and outcomes.endpoint = endpoints.endpoint_id
    inner join cohorts on outcomes.cohort_id = cohorts.cohort_id
    where outcomes.study_id = $study and outcomes.cohort_id in (select unnest($cohorts))

)

select * from times
order by subject, code_of
