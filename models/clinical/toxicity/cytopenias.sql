-- One row per person, infusion, blood count and time point (day 30, day 90): how low it was, and whether it is
-- known.
-- Definition: the value nearest the day in the window (day 30: 21 to 42; day 90: 60 to 120) with its CTCAE grade of
-- the version in force; status says measured, not_measured, died_before (the window) or too_early (follow-up ends
-- before it). has_growth_factor and has_transfusion look at the 7 days before the test (algorithms 8.5).
-- Limits: a person without a value is unknown, not free of cytopenia.

with asked as (select * from {{ ref('int_cytopenia_windows') }}),

labs_graded as (

    select * from {{ ref('int_labs_graded') }}
    where
        term in ('anemia', 'neutropenia', 'thrombocytopenia')
        and ctcae_version = {{ parameter('labs', 'ctcae_version') }}

),

support as (

    select distinct
        events.person_id,
        roles.role,
        events.start_date
    from {{ ref('int_coded_events') }} as events
    inner join {{ ref('concept_set_roles') }} as roles on events.concept_set_id = roles.concept_set_id
    where roles.algorithm = 'adverse_events' and roles.role in ('growth_factor', 'red_cells', 'platelets')

),

candidates as (

    select
        asked.person_id,
        asked.infusion_date,
        asked.term,
        asked.time_point,
        labs_graded.value,
        labs_graded.grade,
        labs_graded.measured_date,
        row_number() over (
            partition by asked.person_id, asked.infusion_date, asked.term, asked.time_point
            order by
                abs({{ days_between('asked.infusion_date', 'labs_graded.measured_date') }} - asked.target_day),
                labs_graded.measured_date
        ) as candidate_rank
    from asked
    inner join labs_graded
        on
            asked.person_id = labs_graded.person_id
            and asked.term = labs_graded.term
            and {{ days_between('asked.infusion_date', 'labs_graded.measured_date') }}
            between asked.from_day and asked.to_day

),

supported as (

    select
        candidates.person_id,
        candidates.infusion_date,
        candidates.term,
        candidates.time_point,
        bool_or(support.role = 'growth_factor') as has_growth_factor,
        bool_or(support.role in ('red_cells', 'platelets')) as has_transfusion
    from candidates
    inner join support
        on
            candidates.person_id = support.person_id
            and {{ days_between('support.start_date', 'candidates.measured_date') }}
            between 0 and {{ parameter('adverse_events', 'support_days') }}
    where candidates.candidate_rank = 1
    group by 1, 2, 3, 4

),

cytopenias as (

    select
        asked.person_id,
        asked.infusion_date,
        asked.term,
        cast(asked.time_point as integer) as time_point,
        case
            when candidates.person_id is not null then 'measured'
            when asked.death_day < asked.from_day then 'died_before'
            when asked.contact_day < asked.from_day then 'too_early'
            else 'not_measured'
        end as status,
        candidates.value,
        cast(candidates.grade as integer) as grade,
        'CTCAE ' || cast(cast({{ parameter('labs', 'ctcae_version') }} as integer) as {{ dbt.type_string() }})
            as grading_system,
        case when candidates.person_id is not null then coalesce(supported.has_growth_factor, false) end
            as has_growth_factor,
        case when candidates.person_id is not null then coalesce(supported.has_transfusion, false) end
            as has_transfusion,
        candidates.measured_date
    from asked
    left join candidates
        on
            asked.person_id = candidates.person_id
            and asked.infusion_date = candidates.infusion_date
            and asked.term = candidates.term
            and asked.time_point = candidates.time_point
            and candidates.candidate_rank = 1
    left join supported
        on
            asked.person_id = supported.person_id
            and asked.infusion_date = supported.infusion_date
            and asked.term = supported.term
            and asked.time_point = supported.time_point

)

select * from cytopenias
