-- One row per record of a recorded measurement.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(measurement_id as bigint) as measurement_id,
    cast(person_id as bigint) as source_person_id,
    cast(measurement_concept_id as bigint) as measurement_concept_id,
    cast(measurement_date as date) as measurement_date,
    cast(measurement_datetime as timestamp) as measurement_datetime,
    cast(measurement_type_concept_id as bigint) as measurement_type_concept_id,
    cast(operator_concept_id as bigint) as operator_concept_id,
    cast(value_as_number as double) as value_as_number,
    cast(value_as_concept_id as bigint) as value_as_concept_id,
    cast(unit_concept_id as bigint) as unit_concept_id,
    cast(range_low as double) as range_low,
    cast(range_high as double) as range_high,
    cast(visit_occurrence_id as bigint) as visit_occurrence_id,
    cast(measurement_source_value as {{ dbt.type_string() }}) as measurement_source_value,
    cast(measurement_source_concept_id as bigint) as measurement_source_concept_id,
    cast(unit_source_value as {{ dbt.type_string() }}) as unit_source_value,
    cast(value_source_value as {{ dbt.type_string() }}) as value_source_value
from {{ landed('measurement') }}
