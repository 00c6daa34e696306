-- One row per an ancestor and a descendant concept, from all sources.

select * from {{ ref('stg_omop__concept_ancestor') }}
