-- One row per patient and severe infection.
-- Definition: specification toxicity 8.4: infection records less than infection_gap_days apart are one episode; it is
-- severe with an inpatient stay around it or an antimicrobial into a vein on two days in a row (grade 3), septic shock,
-- intensive care or a vasopressor (4), or death within 30 days (5). An agent that is also given by mouth (vancomycin,
-- levofloxacin) counts where its route, its text or its concept's name says into a vein (route_words).
-- Limits: a fever without organism or site is no infection record; the stay's main diagnosis is not read.

with patients as (select * from {{ ref('patients') }}),
source_codes as (select * from {{ ref('int_source_codes') }}),

vein_words as (

    select {{ plain_words('source_text') }} as words from {{ ref('route_words') }}
    where route = 'intravenous'

),

role_events as (

    select
        events.person_id,
        events.concept_set_id,
        events.start_date,
        events.end_date,
        events.route_text,
        events.code_key,
        roles.role
    from {{ ref('int_coded_events') }} as events
    inner join {{ ref('concept_set_roles') }} as roles on events.concept_set_id = roles.concept_set_id
    where roles.algorithm = 'adverse_events'

),

events as (

    select
        person_id,
        role,
        concept_set_id,
        start_date,
        end_date
    from role_events
    where role in ('infection', 'septic_shock', 'inpatient', 'intensive_care', 'vasopressor', 'iv_antimicrobial')
    union
    select
        role_events.person_id,
        'iv_antimicrobial' as role,
        role_events.concept_set_id,
        role_events.start_date,
        role_events.end_date
    from role_events
    inner join source_codes on role_events.code_key = source_codes.code_key
    inner join vein_words
        on
            {{ plain_words('role_events.route_text') }} like '%' || vein_words.words || '%'
            or {{ plain_words('source_codes.source_code') }} like '%' || vein_words.words || '%'
            or {{ plain_words('source_codes.concept_name') }} like '%' || vein_words.words || '%'
    where role_events.role = 'antimicrobial'

),

infection_days as (

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
    from events
    where role = 'infection'
    group by person_id, start_date

),

numbered_days as (

    select
        infection_days.*,
        sum(is_first) over (partition by person_id order by start_date rows between unbounded preceding and current row)
            as episode_number
    from infection_days

),

episodes as (

    select
        person_id,
        episode_number,
        min(start_date) as start_date,
        max(start_date) as end_date
    from numbered_days
    group by 1, 2

),

-- antimicrobial days, each with whether the day before or after it also had one
antimicrobial_days as (

    select
        person_id,
        role,
        start_date,
        end_date,
        end_date > start_date
        or coalesce(start_date - 1 = lag(start_date) over in_order, false)
        or coalesce(start_date + 1 = lead(start_date) over in_order, false) as is_two_days
    from events
    where role = 'iv_antimicrobial'
    window in_order as (partition by person_id order by start_date, end_date, concept_set_id)

),

treatments as (

    select
        person_id,
        role,
        start_date,
        end_date
    from events
    where role in ('septic_shock', 'inpatient', 'intensive_care', 'vasopressor')
    union all
    select
        person_id,
        role,
        start_date,
        end_date
    from antimicrobial_days
    where is_two_days

),

treated_episodes as (

    select
        episodes.person_id,
        episodes.start_date,
        episodes.end_date,
        max(
            case
                when treatments.role in ('septic_shock', 'intensive_care', 'vasopressor') then 4
                when treatments.role in ('inpatient', 'iv_antimicrobial') then 3
            end
        ) as treatment_grade,
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

graded_episodes as (

    select
        treated_episodes.person_id,
        treated_episodes.start_date,
        treated_episodes.end_date,
        case
            when
                {{ days_between('treated_episodes.end_date', 'patients.death_date') }}
                between 0 and {{ parameter('adverse_events', 'death_within') }}
                then 5
            else treated_episodes.treatment_grade
        end as grade,
        coalesce(treated_episodes.evidence, 'death') as evidence
    from treated_episodes
    inner join patients on treated_episodes.person_id = patients.person_id

),

severe_infections as (

    select * from graded_episodes
    where grade is not null

)

select * from severe_infections
