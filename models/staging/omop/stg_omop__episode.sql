-- One row per episode of a disease or its treatment, as one record of a source says it.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(episode_id as bigint) as episode_id,
    cast(person_id as bigint) as source_person_id,
    cast(episode_concept_id as bigint) as episode_concept_id,
    cast(episode_start_date as date) as episode_start_date,
    cast(episode_number as bigint) as episode_number,
    cast(episode_type_concept_id as bigint) as episode_type_concept_id
from {{ landed('episode') }}
