{{ config(materialized='ephemeral') }}
-- One row per device_exposure record of a candidate, in the shape that all domains share: the one wide pass over the
-- table.

with candidates as (select * from {{ ref('int_screened_persons') }}),
device_exposure as (select * from {{ ref('device_exposure') }}),

candidate_devices as (

    select
        {{ coded_record('device_exposure', 'device') }},
        {{ no_result() }},
        {{ no_supply() }},
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
