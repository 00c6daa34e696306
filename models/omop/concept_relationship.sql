-- One row per directed relation between two concepts, from all sources.

select * from {{ ref('stg_omop__concept_relationship') }}
