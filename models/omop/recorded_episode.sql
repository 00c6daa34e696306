-- One row per episode of a disease or its treatment that a source records; the export `episode` holds ours.

select
    source_name,
    cast(episode_id as bigint) as episode_id,
    cast(person_id as bigint) as source_person_id,
    cast(episode_concept_id as bigint) as episode_concept_id,
    episode_start_date,
    cast(episode_number as bigint) as episode_number,
    cast(episode_type_concept_id as bigint) as episode_type_concept_id
from {{ landed('episode') }}
