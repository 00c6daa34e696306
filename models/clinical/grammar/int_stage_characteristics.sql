{{ config(materialized='ephemeral') }}
-- One row per person, staging characteristic and day from which its value holds.

with recorded_stages as (select * from {{ ref('int_recorded_stages') }}),

stage_characteristics as (

    select
        person_id,
        lower(staging_system) || '_stage' as name,
        cast(null as double) as value_number,
        stage as value_text,
        staged_date as valid_from_date
    from recorded_stages

)

select * from stage_characteristics
