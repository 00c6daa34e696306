-- One row per patient and severe infection.
-- Definition: algorithms 8.4. Infection records at most infection_gap_days apart are one episode; it is severe with an
-- inpatient stay around its first day or an antimicrobial into a vein on two days in a row (grade 3), septic shock,
-- intensive care or a vasopressor (4), or death within 30 days (5).
-- Limits: the stay's main diagnosis is not read. A fever without organism or site is no infection record.

with events as (

    select * from {{ ref('int_events_found') }}

),

roles as (

    select * from {{ ref('concept_set_roles') }}
    where algorithm = 'adverse_events'

),

patients as (

    select * from {{ ref('patients') }}

),

acts as (

    select distinct
        events.person_id,
        roles.role,
        events.concept_set_id,
        events.start_date,
        events.end_date
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id
    where roles.role in ('infection', 'septic_shock', 'inpatient', 'intensive_care', 'vasopressor', 'iv_antimicrobial')

),

infection_days as (

    select distinct
        person_id,
        start_date
    from acts
    where role = 'infection'

),

flagged as (

    select
        person_id,
        start_date,
        case
            when
                {{ days_between('lag(start_date) over (partition by person_id order by start_date)', 'start_date') }}
                < {{ parameter('adverse_events', 'infection_gap_days') }}
                then 0
            else 1
        end as is_first
    from infection_days

),

numbered as (

    select
        flagged.*,
        sum(is_first) over (partition by person_id order by start_date rows between unbounded preceding and current row)
            as episode_number
    from flagged

),

episodes as (

    select
        person_id,
        episode_number,
        min(start_date) as start_date,
        max(start_date) as end_date
    from numbered
    group by 1, 2

),

-- antimicrobial days, each with whether the day before or after it also had one
antimicrobial_days as (

    select
        person_id,
        start_date,
        end_date,
        end_date > start_date
        or coalesce(
            start_date - 1
            = lag(start_date) over (partition by person_id order by start_date, end_date, concept_set_id),
            false
        )
        or coalesce(
            start_date + 1
            = lead(start_date) over (partition by person_id order by start_date, end_date, concept_set_id),
            false
        )
            as is_two_days
    from acts
    where role = 'iv_antimicrobial'

),

grading_acts as (

    select
        person_id,
        role,
        start_date,
        end_date
    from acts
    where role in ('septic_shock', 'inpatient', 'intensive_care', 'vasopressor')
    union all
    select
        person_id,
        'iv_antimicrobial' as role,
        start_date,
        end_date
    from antimicrobial_days
    where is_two_days

),

graded as (

    select
        episodes.person_id,
        episodes.start_date,
        episodes.end_date,
        max(
            case
                when grading_acts.role in ('septic_shock', 'intensive_care', 'vasopressor') then 4
                when grading_acts.role in ('inpatient', 'iv_antimicrobial') then 3
            end
        ) as act_grade,
        {{ sorted_distinct_concat('grading_acts.role') }} as evidence
    from episodes
    left join grading_acts
        on
            episodes.person_id = grading_acts.person_id
            and grading_acts.start_date
            <= episodes.end_date + cast({{ parameter('adverse_events', 'infection_near_days') }} as integer)
            and grading_acts.end_date
            >= episodes.start_date - cast({{ parameter('adverse_events', 'infection_near_days') }} as integer)
    group by 1, 2, 3

),

severe_infections as (

    select
        graded.person_id,
        graded.start_date,
        graded.end_date,
        case
            when
                {{ days_between('graded.end_date', 'patients.death_date') }}
                between 0 and {{ parameter('adverse_events', 'death_within') }}
                then 5
            else graded.act_grade
        end as grade,
        coalesce(graded.evidence, 'death') as evidence
    from graded
    inner join patients on graded.person_id = patients.person_id
    where
        graded.act_grade is not null
        or {{ days_between('graded.end_date', 'patients.death_date') }}
        between 0 and {{ parameter('adverse_events', 'death_within') }}

)

select * from severe_infections
