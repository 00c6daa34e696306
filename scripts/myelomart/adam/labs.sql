-- One row per laboratory value of a subject that is plausible; the last one up to the index date is the baseline.

with members as (select * from studies.study_population),
cohorts as (select * from studies.cohorts),
labs as (select * from core.labs),

results as (

    select
        members.study_id,
        members.study_id || '-' || members.person_id as subject,
        cohorts.label as treatment,
        labs.lab || coalesce(' ' || labs.unit, '') as code_of,
        replace(labs.lab, '_', ' ') || coalesce(' (' || labs.unit || ')', '') as parameter,
        labs.value,
        case when labs.result_operator <> '=' then labs.result_operator || labs.value end as value_text,
        labs.measured_date,
        labs.measured_date - members.index_date as after_index,
        labs.lower_limit,
        labs.upper_limit,
        labs.record_id
    from labs
    inner join members on labs.person_id = members.person_id
    inner join cohorts on members.cohort_id = cohorts.cohort_id
    where
        members.study_id = $study
        and members.cohort_id in (select unnest($cohorts))
        and labs.quality = 'ok'
        and labs.value is not null

),

ranked as (

    select
        *,
        row_number() over (
            partition by subject order by code_of, measured_date, record_id, value
        ) as result_number,
        row_number() over (
            partition by subject, code_of, after_index <= 0
            order by measured_date desc, record_id desc, value desc
        ) as place
    from results

),

baselines as (

    select
        subject,
        code_of,
        value as baseline
    from ranked
    where after_index <= 0 and place = 1

),

analysed as (

    select
        ranked.*,
        ranked.after_index + case when ranked.after_index >= 0 then 1 else 0 end as day_number,
        case when ranked.after_index <= 0 and ranked.place = 1 then 'Y' end as is_baseline,
        baselines.baseline,
        case when ranked.after_index > 0 then ranked.value - baselines.baseline end as change,
        case
            when ranked.value < ranked.lower_limit then 'LOW'
            when ranked.value > ranked.upper_limit then 'HIGH'
            when ranked.lower_limit is not null or ranked.upper_limit is not null then 'NORMAL'
        end as range_indicator
    from ranked
    left join baselines on ranked.subject = baselines.subject and ranked.code_of = baselines.code_of

)

select * from analysed
order by subject, result_number
