-- One row per ancestor and descendant concept of a source's vocabulary, from all sources.

select * from {{ ref('stg_omop__concept_ancestor') }}
