-- One row per recorded device, from all sources.

with of_cdm as (

    select
        source_name,
        cast(device_exposure_id as bigint) as device_exposure_id,
        cast(person_id as bigint) as source_person_id,
        cast(device_concept_id as bigint) as device_concept_id,
        device_exposure_start_date,
        device_exposure_end_date,
        cast(device_type_concept_id as bigint) as device_type_concept_id,
        cast(visit_occurrence_id as bigint) as visit_occurrence_id,
        device_source_value,
        cast(device_source_concept_id as bigint) as device_source_concept_id
    from {{ landed('device_exposure') }}

),

records as (

    {{ records_of_all_sources(['of_cdm']) }}

)

select * from records
