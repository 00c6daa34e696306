{{ config(materialized='ephemeral') }}
-- One row per event that the disease or its treatment's toxicity makes: laboratory values, disease assessments,
-- responses, progressions, adverse events.
-- Definition: the names that studies/known_events lists. last_of_survivor is the last disease assessment (or
-- progression) of a patient who is not known to be dead, last_before_next_line the last one of a line before the next
-- line starts (a day after the index when there is none): where progression-free survival is censored.

with labs as (

    select * from {{ ref('labs') }}
    where quality = 'ok'

),

assessments as (

    select * from {{ ref('int_disease_assessments') }}
    where has_lab or has_extramedullary is not null or has_new_bone_lesion is not null

),

line_responses as (

    select * from {{ ref('line_responses') }}

),

response_lines as (

    select * from {{ ref('int_response_lines') }}

),

progressions as (

    select * from {{ ref('progressions') }}

),

adverse_events as (

    select * from {{ ref('adverse_events') }}

),

assessed_days as (

    select
        person_id,
        assessed_date
    from assessments
    union
    select
        person_id,
        progression_date as assessed_date
    from progressions

),

last_in_line as (

    select
        response_lines.person_id,
        coalesce(max(assessed_days.assessed_date), response_lines.index_date + 1) as assessed_date
    from response_lines
    left join assessed_days
        on
            response_lines.person_id = assessed_days.person_id
            and assessed_days.assessed_date > response_lines.index_date
            and assessed_days.assessed_date <= response_lines.next_line_start_date
    where response_lines.next_line_start_date is not null
    group by response_lines.person_id, response_lines.line_number, response_lines.index_date

),

last_of_survivors as (

    select
        assessed_days.person_id,
        max(assessed_days.assessed_date) as assessed_date
    from assessed_days
    inner join response_lines on assessed_days.person_id = response_lines.person_id
    where response_lines.death_date is null
    group by 1

),

after_infusion as (

    select
        progressions.person_id,
        progressions.progression_date,
        lag(progressions.infusion_date) over (
            partition by progressions.person_id order by progressions.line_number
        ) is not null as is_next_after_infusion
    from progressions

),

named_days as (

    select person_id, assessed_date as event_date, 'assessment' as event_type, 'disease_assessment' as event_code
    from assessed_days
    union
    select person_id, assessed_date, 'assessment', 'last_before_next_line' from last_in_line
    union
    select person_id, assessed_date, 'assessment', 'last_of_survivor' from last_of_survivors
    union
    select person_id, progression_date, 'progression', 'any' from progressions
    union
    select person_id, progression_date, 'progression', 'after_infusion' from progressions
    where infusion_date is not null
    union
    select person_id, progression_date, 'progression', 'next_after_infusion' from after_infusion
    where is_next_after_infusion
    union
    select person_id, first_response_date, 'response', 'pr_or_better' from line_responses
    where first_response_date is not null
    union
    select person_id, first_complete_response_date, 'response', 'cr_or_better' from line_responses
    where first_complete_response_date is not null

),

disease_events as (

    select
        person_id,
        measured_date as event_date,
        measured_date as end_date,
        'lab' as event_type,
        lab as event_code,
        value,
        unit
    from labs
    union all
    select
        person_id,
        event_date,
        event_date as end_date,
        event_type,
        event_code,
        cast(null as double) as value,
        cast(null as {{ dbt.type_string() }}) as unit
    from named_days
    union all
    select
        person_id,
        start_date as event_date,
        end_date,
        'adverse_event' as event_type,
        term as event_code,
        cast(grade as double) as value,
        grading_system as unit
    from adverse_events

)

select * from disease_events
