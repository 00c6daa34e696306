{{ config(materialized='ephemeral') }}
-- One row per event that treatment makes: an infusion, a transplant, the start of a line.

with cell_therapies as (select * from {{ ref('cell_therapies') }}),
transplants as (select * from {{ ref('transplants') }}),
lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),

infused_by_target as (

    select
        person_id,
        infusion_date as event_date,
        infusion_date as end_date,
        'cell_therapy' as event_type,
        target as event_code,
        cast(null as double) as value,
        cast(null as {{ dbt.type_string() }}) as unit
    from cell_therapies

),

transplanted as (

    select
        person_id,
        transplant_date as event_date,
        transplant_date as end_date,
        'transplant' as event_type,
        kind as event_code,
        cast(null as double) as value,
        cast(null as {{ dbt.type_string() }}) as unit
    from transplants

),

started as (

    select
        person_id,
        line_start_date as event_date,
        line_start_date as end_date,
        'line' as event_type,
        'line_start' as event_code,
        cast(line_number as double) as value,
        cast(null as {{ dbt.type_string() }}) as unit
    from lines_of_therapy

),

treatment_events as (

    select * from infused_by_target
    union all
    select * from transplanted
    union all
    select * from started

)

select * from treatment_events
