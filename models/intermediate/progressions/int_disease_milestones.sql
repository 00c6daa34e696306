-- One row per patient, day and named milestone of the disease: assessments, progressions, responses, and the days on
-- which progression-free survival is censored.
-- Definition: the names that studies/known_events lists. last_of_survivor is the last disease assessment (or
-- progression) of a patient who is not known to be dead; last_before_next_line the last one of a line before the next
-- line starts, the day after the index when there is none (algorithms 5.2: censored at the last adequate assessment,
-- on day 1 without any).

with assessments as (

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
            and response_lines.index_date < assessed_days.assessed_date
            and response_lines.next_line_start_date >= assessed_days.assessed_date
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
    group by assessed_days.person_id

),

after_infusion as (

    select
        progressions.person_id,
        progressions.progression_date
    from progressions
    inner join response_lines
        on
            progressions.person_id = response_lines.person_id
            and progressions.line_number = response_lines.line_number + 1
            and response_lines.infusion_date is not null

),

disease_milestones as (

    select
        person_id,
        assessed_date as event_date,
        'assessment' as event_type,
        'disease_assessment' as event_code
    from assessed_days
    union
    select
        person_id,
        assessed_date as event_date,
        'assessment' as event_type,
        'last_before_next_line' as event_code
    from last_in_line
    union
    select
        person_id,
        assessed_date as event_date,
        'assessment' as event_type,
        'last_of_survivor' as event_code
    from last_of_survivors
    union
    select
        person_id,
        progression_date as event_date,
        'progression' as event_type,
        'any' as event_code
    from progressions
    union
    select
        person_id,
        progression_date as event_date,
        'progression' as event_type,
        'after_infusion' as event_code
    from progressions
    where infusion_date is not null
    union
    select
        person_id,
        progression_date as event_date,
        'progression' as event_type,
        'next_after_infusion' as event_code
    from after_infusion
    union
    select
        person_id,
        first_response_date as event_date,
        'response' as event_type,
        'pr_or_better' as event_code
    from line_responses
    where first_response_date is not null
    union
    select
        person_id,
        first_complete_response_date as event_date,
        'response' as event_type,
        'cr_or_better' as event_code
    from line_responses
    where first_complete_response_date is not null

)

select * from disease_milestones
