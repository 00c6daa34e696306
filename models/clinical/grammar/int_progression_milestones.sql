-- One row per patient, day and named progression: any, that of a line with an infusion, of the line after one, of a
-- line by its number, and a relapse from complete response.
-- Definition: the names that studies/known_events lists. of_line carries the number of the line as its value: PFS2
-- (EMA, algorithms 5.2) of a cohort that starts with line n is the first of_line with a value above n.
-- Limits: a progression is the first of its line; relapse_from_cr belongs to disease-free survival alone.

with progressions as (select * from {{ ref('progressions') }}),
response_lines as (select * from {{ ref('int_response_lines') }}),
relapses as (select * from {{ ref('int_relapses_from_complete_response') }}),

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

progression_milestones as (

    select
        person_id,
        progression_date as event_date,
        'any' as event_code,
        cast(null as double) as value
    from progressions
    union
    select
        person_id,
        progression_date as event_date,
        'of_line' as event_code,
        cast(line_number as double) as value
    from progressions
    union
    select
        person_id,
        progression_date as event_date,
        'after_infusion' as event_code,
        cast(null as double) as value
    from progressions
    where infusion_date is not null
    union
    select
        person_id,
        progression_date as event_date,
        'next_after_infusion' as event_code,
        cast(null as double) as value
    from after_infusion
    union
    select
        person_id,
        relapse_date as event_date,
        'relapse_from_cr' as event_code,
        cast(null as double) as value
    from relapses

)

select * from progression_milestones
