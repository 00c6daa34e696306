{{ config(materialized='ephemeral') }}
-- One row per device_exposure record of a candidate, in the shape that all domains share: the one wide pass over the
-- table.

with candidates as (

    select * from {{ ref('int_candidates') }}

),

device_exposure as (

    select * from {{ ref('device_exposure') }}

),

candidate_devices as (

    select
        candidates.person_id,
        device_exposure.source_name,
        'device' as domain,
        device_exposure.device_exposure_id as record_id,
        device_exposure.device_concept_id as concept_id,
        device_exposure.device_source_concept_id as source_concept_id,
        device_exposure.device_source_value as source_code,
        device_exposure.device_type_concept_id as type_concept_id,
        device_exposure.visit_occurrence_id as visit_id,
        cast(null as double) as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        cast(null as bigint) as value_concept_id,
        cast(null as bigint) as unit_concept_id,
        cast(null as {{ dbt.type_string() }}) as unit_text,
        cast(null as bigint) as operator_concept_id,
        cast(null as double) as range_low,
        cast(null as double) as range_high,
        cast(null as integer) as days_supply,
        cast(null as double) as quantity,
        cast(null as {{ dbt.type_string() }}) as route_text,
        cast(null as {{ dbt.type_string() }}) as stop_reason,
        cast(null as {{ dbt.type_string() }}) as qualifier_text,
        device_exposure.device_exposure_start_date as start_date,
        device_exposure.device_exposure_end_date as end_date
    from device_exposure
    inner join candidates
        on
            device_exposure.source_name = candidates.source_name
            and device_exposure.source_person_id = candidates.source_person_id
    where device_exposure.device_exposure_start_date is not null

)

select * from candidate_devices
