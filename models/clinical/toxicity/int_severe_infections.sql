-- One row per patient and severe infection.
-- Definition: algorithms 8.4: an episode with an inpatient stay around it or an antimicrobial into a vein on two
-- days in a row (grade 3), septic shock, intensive care or a vasopressor (4), or death within 30 days (5).
-- Limits: those of int_infection_episodes and int_infection_treatments.

with episodes as (select * from {{ ref('int_infection_episodes') }}),
treatments as (select * from {{ ref('int_infection_treatments') }}),
patients as (select * from {{ ref('patients') }}),

graded as (

    select
        episodes.person_id,
        episodes.start_date,
        episodes.end_date,
        max(
            case
                when treatments.role in ('septic_shock', 'intensive_care', 'vasopressor') then 4
                when treatments.role in ('inpatient', 'iv_antimicrobial') then 3
            end
        ) as act_grade,
        {{ sorted_distinct_concat('treatments.role') }} as evidence
    from episodes
    left join treatments
        on
            episodes.person_id = treatments.person_id
            and treatments.start_date
            <= episodes.end_date + cast({{ parameter('adverse_events', 'infection_near_days') }} as integer)
            and treatments.end_date
            >= episodes.start_date - cast({{ parameter('adverse_events', 'infection_near_days') }} as integer)
    group by 1, 2, 3

),

severe_infections as (

    select
        graded.person_id,
        'severe_infection' as term,
        'coded' as tier,
        case
            when
                {{ days_between('graded.end_date', 'patients.death_date') }}
                between 0 and {{ parameter('adverse_events', 'death_within') }}
                then 5
            else graded.act_grade
        end as grade,
        'CTCAE 5' as grading_system,
        graded.start_date,
        graded.end_date,
        coalesce(graded.evidence, 'death') as evidence
    from graded
    inner join patients on graded.person_id = patients.person_id
    where
        graded.act_grade is not null
        or {{ days_between('graded.end_date', 'patients.death_date') }}
        between 0 and {{ parameter('adverse_events', 'death_within') }}

)

select * from severe_infections
