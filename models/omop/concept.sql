-- One row per concept of a source's vocabulary, from all sources.

select
    source_name,
    cast(concept_id as bigint) as concept_id,
    concept_name,
    domain_id,
    vocabulary_id,
    standard_concept,
    concept_code,
    valid_start_date,
    valid_end_date,
    invalid_reason
from {{ landed('concept') }}
