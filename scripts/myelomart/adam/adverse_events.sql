-- One row per adverse event of a subject, at any time; those from the index date on are marked. Terms are ours, not MedDRA's.

with members as (select * from studies.study_population),
cohorts as (select * from studies.cohorts),
adverse_events as (select * from core.adverse_events),

events as (

    select
        members.study_id,
        members.study_id || '-' || members.person_id as subject,
        cohorts.label as treatment,
        row_number() over (
            partition by members.person_id
            order by adverse_events.start_date, adverse_events.term, adverse_events.evidence
        ) as event_number,
        replace(adverse_events.term, '_', ' ') as term,
        adverse_events.start_date,
        adverse_events.end_date,
        adverse_events.start_date - members.index_date as start_after,
        adverse_events.end_date - members.index_date as end_after,
        cast(adverse_events.grade as varchar) as grade,
        adverse_events.grade as grade_number,
        adverse_events.grading_system,
        adverse_events.tier,
        adverse_events.evidence,
        case when adverse_events.start_date >= members.index_date then 'Y' end as is_after_index
    from adverse_events
    inner join members on adverse_events.person_id = members.person_id
    inner join cohorts on members.cohort_id = cohorts.cohort_id
    where members.study_id = $study and members.cohort_id in (select unnest($cohorts))

),

numbered as (

    select
        *,
        start_after + case when start_after >= 0 then 1 else 0 end as start_day,
        end_after + case when end_after >= 0 then 1 else 0 end as end_day
    from events

)

select * from numbered
order by subject, event_number
