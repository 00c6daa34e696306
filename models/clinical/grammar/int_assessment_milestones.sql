-- One row per patient, day and kind of milestone among the disease assessments: those that endpoints censor on.
-- Definition: algorithms 5.2, the names that studies/known_events lists. last_of_survivor is the last assessment of a
-- patient who is not known to be dead, last that of anybody (for endpoints in which death is no event);
-- last_before_next_line the last one of a line before the next line starts; before_missed_visits each one followed by
-- more than missed_visit_days without another, though the patient was followed. A line without any assessment stands
-- with the day after its index, from which a visit can be missed too.

with assessed_days as (select * from {{ ref('int_assessed_days') }}),
response_lines as (select * from {{ ref('int_response_lines') }}),

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

followed as (

    select
        person_id,
        max(death_date) as death_date,
        max(coalesce(death_date, last_contact_date)) as followed_until
    from response_lines
    group by person_id

),

last_days as (

    select
        assessed_days.person_id,
        followed.death_date,
        max(assessed_days.assessed_date) as assessed_date
    from assessed_days
    inner join followed on assessed_days.person_id = followed.person_id
    group by assessed_days.person_id, followed.death_date

),

seen_days as (

    select * from assessed_days
    union
    select
        person_id,
        index_date + 1 as assessed_date
    from response_lines

),

with_next as (

    select
        seen_days.person_id,
        seen_days.assessed_date,
        coalesce(
            lead(seen_days.assessed_date) over (partition by seen_days.person_id order by seen_days.assessed_date),
            followed.followed_until
        ) as next_date
    from seen_days
    inner join followed on seen_days.person_id = followed.person_id

),

milestones as (

    select
        person_id,
        assessed_date as event_date,
        'disease_assessment' as event_code
    from assessed_days
    union
    select
        person_id,
        assessed_date as event_date,
        'last_before_next_line' as event_code
    from last_in_line
    union
    select
        person_id,
        assessed_date as event_date,
        'last' as event_code
    from last_days
    union
    select
        person_id,
        assessed_date as event_date,
        'last_of_survivor' as event_code
    from last_days
    where death_date is null
    union
    select
        person_id,
        assessed_date as event_date,
        'before_missed_visits' as event_code
    from with_next
    where {{ days_between('assessed_date', 'next_date') }} > {{ parameter('progressions', 'missed_visit_days') }}

)

select * from milestones
