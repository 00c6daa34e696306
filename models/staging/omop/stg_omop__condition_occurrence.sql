-- One row per record of a recorded diagnosis.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(condition_occurrence_id as bigint) as condition_occurrence_id,
    cast(person_id as bigint) as source_person_id,
    cast(condition_concept_id as bigint) as condition_concept_id,
    cast(condition_start_date as date) as condition_start_date,
    cast(condition_end_date as date) as condition_end_date,
    cast(condition_type_concept_id as bigint) as condition_type_concept_id,
    cast(visit_occurrence_id as bigint) as visit_occurrence_id,
    cast(condition_source_value as {{ dbt.type_string() }}) as condition_source_value,
    cast(condition_source_concept_id as bigint) as condition_source_concept_id
from {{ landed('condition_occurrence') }}
