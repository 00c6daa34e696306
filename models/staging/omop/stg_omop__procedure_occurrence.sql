-- One row per record of a recorded procedure.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(procedure_occurrence_id as bigint) as procedure_occurrence_id,
    cast(person_id as bigint) as source_person_id,
    cast(procedure_concept_id as bigint) as procedure_concept_id,
    cast(procedure_date as date) as procedure_date,
    cast(procedure_end_date as date) as procedure_end_date,
    cast(procedure_type_concept_id as bigint) as procedure_type_concept_id,
    cast(visit_occurrence_id as bigint) as visit_occurrence_id,
    cast(procedure_source_value as {{ dbt.type_string() }}) as procedure_source_value,
    cast(procedure_source_concept_id as bigint) as procedure_source_concept_id
from {{ landed('procedure_occurrence') }}
