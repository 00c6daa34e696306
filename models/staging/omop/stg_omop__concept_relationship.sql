-- One row per record of a directed relation between two concepts.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(concept_id_1 as bigint) as concept_id_1,
    cast(concept_id_2 as bigint) as concept_id_2,
    cast(relationship_id as {{ dbt.type_string() }}) as relationship_id,
    cast(invalid_reason as {{ dbt.type_string() }}) as invalid_reason
from {{ landed('concept_relationship') }}
