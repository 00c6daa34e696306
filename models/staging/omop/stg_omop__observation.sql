-- One row per record of a recorded observation.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(observation_id as bigint) as observation_id,
    cast(person_id as bigint) as source_person_id,
    cast(observation_concept_id as bigint) as observation_concept_id,
    cast(observation_date as date) as observation_date,
    cast(observation_type_concept_id as bigint) as observation_type_concept_id,
    cast(value_as_number as double) as value_as_number,
    cast(value_as_string as {{ dbt.type_string() }}) as value_as_string,
    cast(value_as_concept_id as bigint) as value_as_concept_id,
    cast(qualifier_concept_id as bigint) as qualifier_concept_id,
    cast(qualifier_source_value as {{ dbt.type_string() }}) as qualifier_source_value,
    cast(unit_concept_id as bigint) as unit_concept_id,
    cast(visit_occurrence_id as bigint) as visit_occurrence_id,
    cast(observation_source_value as {{ dbt.type_string() }}) as observation_source_value,
    cast(observation_source_concept_id as bigint) as observation_source_concept_id,
    cast(unit_source_value as {{ dbt.type_string() }}) as unit_source_value,
    cast(value_source_value as {{ dbt.type_string() }}) as value_source_value
from {{ landed('observation') }}
