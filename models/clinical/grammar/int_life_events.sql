{{ config(materialized='ephemeral') }}
-- One row per event that the person's own life makes: the myeloma diagnosis, the last contact (of
-- the dead: the day of death), the death.

with patients as (select * from {{ ref('patients') }}),

diagnosed as (

    select
        person_id,
        myeloma_diagnosis_date as event_date,
        myeloma_diagnosis_date as end_date,
        'diagnosis' as event_type,
        'multiple_myeloma' as event_code,
        cast(null as double) as value,
        cast(null as {{ dbt.type_string() }}) as unit
    from patients

),

seen_last as (

    select
        person_id,
        coalesce(death_date, last_contact_date) as event_date,
        coalesce(death_date, last_contact_date) as end_date,
        'contact' as event_type,
        'last_contact' as event_code,
        cast(null as double) as value,
        cast(null as {{ dbt.type_string() }}) as unit
    from patients
    where coalesce(death_date, last_contact_date) is not null

),

died as (

    select
        person_id,
        death_date as event_date,
        death_date as end_date,
        'death' as event_type,
        'death' as event_code,
        cast(null as double) as value,
        cast(null as {{ dbt.type_string() }}) as unit
    from patients
    where death_date is not null

),

life_events as (

    select * from diagnosed
    union all
    select * from seen_last
    union all
    select * from died

)

select * from life_events
