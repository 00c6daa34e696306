-- One row per record of a recorded device.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(device_exposure_id as bigint) as device_exposure_id,
    cast(person_id as bigint) as source_person_id,
    cast(device_concept_id as bigint) as device_concept_id,
    cast(device_exposure_start_date as date) as device_exposure_start_date,
    cast(device_exposure_end_date as date) as device_exposure_end_date,
    cast(device_type_concept_id as bigint) as device_type_concept_id,
    cast(visit_occurrence_id as bigint) as visit_occurrence_id,
    cast(device_source_value as {{ dbt.type_string() }}) as device_source_value,
    cast(device_source_concept_id as bigint) as device_source_concept_id
from {{ landed('device_exposure') }}
