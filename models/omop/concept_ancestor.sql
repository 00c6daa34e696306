-- One row per ancestor and descendant concept of a source's vocabulary, from all sources.

select
    source_name,
    cast(ancestor_concept_id as bigint) as ancestor_concept_id,
    cast(descendant_concept_id as bigint) as descendant_concept_id
from {{ landed('concept_ancestor') }}
