-- One row per patient, infusion, blood count and time point (day 30, day 90): how low it was, and whether it is
-- known.
-- Definition: the value nearest the day in the window (day 30: 21 to 42; day 90: 60 to 120) with its CTCAE grade of the
-- version in force; status says measured, not_measured, died_before (the window) or too_early (follow-up ends before
-- it). has_growth_factor and has_transfusion look at the 7 days before the test (specification toxicity 8.5).
-- Limits: a patient without a value is unknown, not free of cytopenia.

with infusions as (select * from {{ ref('cell_therapies') }}),
patients as (select * from {{ ref('patients') }}),

counts as (

    select * from {{ ref('lab_grades') }}
    where
        term in ('anemia', 'neutropenia', 'thrombocytopenia')
        and ctcae_version = {{ parameter('labs', 'ctcae_version') }}

),

supports as (

    select distinct
        events.person_id,
        roles.role,
        events.start_date
    from {{ ref('int_coded_events') }} as events
    inner join {{ ref('concept_set_roles') }} as roles on events.concept_set_id = roles.concept_set_id
    where roles.algorithm = 'adverse_events' and roles.role in ('growth_factor', 'red_cells', 'platelets')

),

windows as (

    select
        30 as time_point,
        {{ parameter('adverse_events', 'day30') }} as target_day,
        {{ parameter('adverse_events', 'day30_from') }} as from_day,
        {{ parameter('adverse_events', 'day30_to') }} as to_day
    union all
    select
        90 as time_point,
        {{ parameter('adverse_events', 'day90') }} as target_day,
        {{ parameter('adverse_events', 'day90_from') }} as from_day,
        {{ parameter('adverse_events', 'day90_to') }} as to_day

),

time_points as (

    select
        infusions.person_id,
        infusions.infusion_date,
        terms.term,
        windows.time_point,
        windows.target_day,
        windows.from_day,
        windows.to_day,
        {{ days_between('infusions.infusion_date', 'patients.death_date') }} as death_day,
        {{ days_between('infusions.infusion_date', 'patients.last_contact_date') }} as contact_day
    from infusions
    inner join patients on infusions.person_id = patients.person_id
    cross join (
        select 'anemia' as term
        union all
        select 'neutropenia' as term
        union all
        select 'thrombocytopenia' as term
    ) as terms
    cross join windows

),

ranked_counts as (

    select
        time_points.person_id,
        time_points.infusion_date,
        time_points.term,
        time_points.time_point,
        counts.value,
        counts.grade,
        counts.measured_date,
        row_number() over (
            partition by time_points.person_id, time_points.infusion_date, time_points.term, time_points.time_point
            order by
                abs({{ days_between('time_points.infusion_date', 'counts.measured_date') }} - time_points.target_day),
                counts.measured_date
        ) as nearness
    from time_points
    inner join counts
        on
            time_points.person_id = counts.person_id
            and time_points.term = counts.term
            and {{ days_between('time_points.infusion_date', 'counts.measured_date') }}
            between time_points.from_day and time_points.to_day

),

nearest_counts as (

    select
        ranked_counts.person_id,
        ranked_counts.infusion_date,
        ranked_counts.term,
        ranked_counts.time_point,
        ranked_counts.value,
        ranked_counts.grade,
        ranked_counts.measured_date,
        coalesce(bool_or(supports.role = 'growth_factor'), false) as has_growth_factor,
        coalesce(bool_or(supports.role in ('red_cells', 'platelets')), false) as has_transfusion
    from ranked_counts
    left join supports
        on
            ranked_counts.person_id = supports.person_id
            and {{ days_between('supports.start_date', 'ranked_counts.measured_date') }}
            between 0 and {{ parameter('adverse_events', 'support_days') }}
    where ranked_counts.nearness = 1
    group by 1, 2, 3, 4, 5, 6, 7

),

cytopenias as (

    select
        time_points.person_id,
        time_points.infusion_date,
        time_points.term,
        cast(time_points.time_point as integer) as time_point,
        case
            when nearest_counts.person_id is not null then 'measured'
            when time_points.death_day < time_points.from_day then 'died_before'
            when time_points.contact_day < time_points.from_day then 'too_early'
            else 'not_measured'
        end as status,
        nearest_counts.value,
        cast(nearest_counts.grade as integer) as grade,
        'CTCAE ' || cast(cast({{ parameter('labs', 'ctcae_version') }} as integer) as {{ dbt.type_string() }})
            as grading_system,
        nearest_counts.has_growth_factor,
        nearest_counts.has_transfusion,
        nearest_counts.measured_date
    from time_points
    left join nearest_counts
        on
            time_points.person_id = nearest_counts.person_id
            and time_points.infusion_date = nearest_counts.infusion_date
            and time_points.term = nearest_counts.term
            and time_points.time_point = nearest_counts.time_point

)

select * from cytopenias
