-- One row per person, infusion, blood count and time point (day 30, day 90): the days in which it is looked for.
-- Definition: day 30 in [21, 42], day 90 in [60, 120] (algorithms 8.5), with the days of death and of the last
-- contact.

with infusions as (

    select distinct
        person_id,
        infusion_date
    from {{ ref('cell_therapies') }}

),

patients as (select * from {{ ref('patients') }}),

terms as (

    select distinct term from {{ ref('toxicity_grades') }}
    where term in ('anemia', 'neutropenia', 'thrombocytopenia')

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

cytopenia_windows as (

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
    cross join terms
    cross join windows

)

select * from cytopenia_windows
