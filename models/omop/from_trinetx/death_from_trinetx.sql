{{ config(materialized='ephemeral') }}
-- One row per death of a TriNetX export.
-- Definition: an export gives the month alone; the day is algorithm_parameters death_day_of_month, and never before
-- the patient's last encounter of that month.
-- A month that cannot be read (a year alone) leaves the death without a day.
-- Limits: the true day lies up to half a month away, so a survival time is right to about 15 days.

with patients as (

    select * from {{ landed('trinetx_patient', 'trinetx') }}
    where month_year_death is not null

),

encounters as (select * from {{ landed('trinetx_encounter', 'trinetx') }}),

months as (

    select
        source_name,
        patient_id,
        try_cast(substr(month_year_death, 1, 4) || '-' || substr(month_year_death, 5, 2) || '-01' as date)
            as first_of_month
    from patients

),

dated as (

    select
        source_name,
        patient_id,
        first_of_month,
        first_of_month + cast({{ parameter('trinetx', 'death_day_of_month') }} as integer) - 1 as assumed_date
    from months

),

last_seen as (

    select
        dated.source_name,
        dated.patient_id,
        max(encounters.start_date) as last_encounter_date
    from dated
    inner join encounters
        on
            dated.source_name = encounters.source_name
            and dated.patient_id = encounters.patient_id
            and encounters.start_date between dated.first_of_month and last_day(dated.first_of_month)
    group by 1, 2

),

deaths as (

    select
        dated.source_name,
        {{ stable_number('dated.patient_id') }} as source_person_id,
        greatest(dated.assumed_date, coalesce(last_seen.last_encounter_date, dated.assumed_date)) as death_date,
        cast(null as bigint) as death_type_concept_id,
        cast(null as bigint) as cause_concept_id,
        cast(null as {{ dbt.type_string() }}) as cause_source_value
    from dated
    left join last_seen
        on dated.source_name = last_seen.source_name and dated.patient_id = last_seen.patient_id

)

select * from deaths
