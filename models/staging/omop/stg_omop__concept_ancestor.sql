-- One row per record of an ancestor and a descendant concept.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(ancestor_concept_id as bigint) as ancestor_concept_id,
    cast(descendant_concept_id as bigint) as descendant_concept_id
from {{ landed('concept_ancestor') }}
