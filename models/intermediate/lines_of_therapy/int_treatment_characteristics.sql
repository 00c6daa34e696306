{{ config(materialized='ephemeral') }}
-- One row per person, treatment characteristic and the day from which its value holds.

with lines_of_therapy as (

    select * from {{ ref('lines_of_therapy') }}

),

lines_started as (

    select
        person_id,
        'prior_line_count' as name,
        cast(line_number as double) as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        line_start_date + 1 as valid_from_date
    from lines_of_therapy

),

treatment_characteristics as (

    select * from lines_started

)

select * from treatment_characteristics
