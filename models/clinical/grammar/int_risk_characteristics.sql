{{ config(materialized='ephemeral') }}
-- One row per person, risk characteristic and day from which its value holds: cytogenetic risk under each definition,
-- the abnormalities themselves, and the stages derived from laboratory values.
-- Definition: 1 true, 0 false; unknown has no row (algorithms 12). iss_stage is the stage a source recorded
-- (int_stage_characteristics) and the derived one only where none is; the stage at an infusion is descriptive.

with flags as (select * from {{ ref('int_risk_flags') }}),
stages as (select * from {{ ref('int_stages_derived') }}),

recorded_stages as (

    select distinct
        person_id,
        lower(staging_system) as staging_system
    from {{ ref('int_recorded_stages') }}

),

numbers as (

    select
        person_id,
        anchor,
        anchor_date,
        'iss' as staging_system,
        iss_stage as stage
    from stages
    union all
    select
        person_id,
        anchor,
        anchor_date,
        'r_iss' as staging_system,
        r_iss_stage as stage
    from stages
    union all
    select
        person_id,
        anchor,
        anchor_date,
        'r2_iss' as staging_system,
        r2_iss_stage as stage
    from stages

),

staged as (

    select
        numbers.person_id,
        numbers.staging_system
        || case numbers.anchor when 'infusion' then '_stage_at_infusion' else '_stage' end as name,
        numbers.stage,
        numbers.anchor_date as valid_from_date
    from numbers
    left join recorded_stages
        on
            numbers.anchor = 'diagnosis'
            and numbers.person_id = recorded_stages.person_id
            and numbers.staging_system = recorded_stages.staging_system
    where numbers.stage is not null and recorded_stages.person_id is null

),

everything as (

    select
        person_id,
        name,
        case when flag then 1.0 else 0.0 end as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        valid_from_date
    from flags
    where flag is not null
    union all
    select
        person_id,
        name,
        cast(null as double) as value_number,
        case stage when 1 then 'I' when 2 then 'II' when 3 then 'III' when 4 then 'IV' end as value_text,
        valid_from_date
    from staged

),

risk_characteristics as (

    select
        person_id,
        name,
        cast(value_number as double) as value_number,
        value_text,
        valid_from_date
    from everything

)

select * from risk_characteristics
