-- One row per record of a concept of the vocabulary that came with the source.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(concept_id as bigint) as concept_id,
    cast(concept_name as {{ dbt.type_string() }}) as concept_name,
    cast(domain_id as {{ dbt.type_string() }}) as domain_id,
    cast(vocabulary_id as {{ dbt.type_string() }}) as vocabulary_id,
    cast(standard_concept as {{ dbt.type_string() }}) as standard_concept,
    cast(concept_code as {{ dbt.type_string() }}) as concept_code,
    cast(valid_start_date as date) as valid_start_date,
    cast(valid_end_date as date) as valid_end_date,
    cast(invalid_reason as {{ dbt.type_string() }}) as invalid_reason
from {{ landed('concept') }}
