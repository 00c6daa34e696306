-- One row per directed relation between two concepts, from all sources.

select
    source_name,
    cast(concept_id_1 as bigint) as concept_id_1,
    cast(concept_id_2 as bigint) as concept_id_2,
    relationship_id,
    invalid_reason
from {{ landed('concept_relationship') }}
