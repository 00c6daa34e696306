{{ config(materialized='ephemeral') }}
-- One row per person, day and name of an assessment of the disease: every one, and those that endpoints censor on.
-- Definition: specification endpoints 5.2, the names that studies/known_events lists. last_of_survivor is the last
-- assessment of a patient who is not known to be dead, last that of anybody (for endpoints in which death is no event);
-- last_before_next_line the last one of a line before the next line starts; before_missed_visits each one followed by
-- more than missed_visit_days without another, though the patient was followed. A line without any assessment stands
-- with the day after its index, from which a visit can be missed too.

with assessed_days as (select * from {{ ref('int_assessed_days') }}),
response_lines as (select * from {{ ref('int_response_lines') }}),

patients as (

    select
        person_id,
        max(death_date) as death_date,
        max(coalesce(death_date, last_contact_date)) as followed_until
    from response_lines
    group by 1

),

last_days_in_lines as (

    select
        response_lines.person_id,
        coalesce(max(assessed_days.assessed_date), response_lines.index_date + 1) as last_before_next_line
    from response_lines
    left join assessed_days
        on
            response_lines.person_id = assessed_days.person_id
            and response_lines.index_date < assessed_days.assessed_date
            and response_lines.next_line_start_date >= assessed_days.assessed_date
    where response_lines.next_line_start_date is not null
    group by response_lines.person_id, response_lines.line_number, response_lines.index_date

),

last_days as (

    select
        assessed_days.person_id,
        max(assessed_days.assessed_date) as last_assessment,
        case when patients.death_date is null then max(assessed_days.assessed_date) end as last_of_survivor
    from assessed_days
    inner join patients on assessed_days.person_id = patients.person_id
    group by assessed_days.person_id, patients.death_date

),

days_in_care as (

    select
        person_id,
        assessed_date
    from assessed_days
    union
    select
        person_id,
        index_date + 1 as assessed_date
    from response_lines

),

days_with_next as (

    select
        days_in_care.person_id,
        days_in_care.assessed_date,
        coalesce(
            lead(days_in_care.assessed_date)
                over (partition by days_in_care.person_id order by days_in_care.assessed_date),
            patients.followed_until
        ) as next_date
    from days_in_care
    inner join patients on days_in_care.person_id = patients.person_id

),

days_before_missed_visits as (

    select * from days_with_next
    where {{ days_between('assessed_date', 'next_date') }} > {{ parameter('progressions', 'missed_visit_days') }}

),

assessment_events as (

    {{ event_rows('assessed_days', 'assessment', {'disease_assessment': 'assessed_date'}) }}
    union all
    {{ event_rows('last_days_in_lines', 'assessment', ['last_before_next_line']) }}
    union all
    {{ event_rows('last_days', 'assessment', {'last': 'last_assessment', 'last_of_survivor': 'last_of_survivor'}) }}
    union all
    {{ event_rows('days_before_missed_visits', 'assessment', {'before_missed_visits': 'assessed_date'}) }}

)

select * from assessment_events
