{{ config(materialized='view') }}
-- One row per patient whose recorded cause of death is myeloma (int_deaths_by_cause).
-- Limits: most sources record no cause; an unrecorded cause is not myeloma.

with deaths as (select * from {{ ref('int_deaths_by_cause') }} where is_from_myeloma),

myeloma_deaths as (

    select
        person_id,
        death_date
    from deaths

)

select * from myeloma_deaths
