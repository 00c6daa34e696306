-- One row per a concept of a source's vocabulary, from all sources.

select * from {{ ref('stg_omop__concept') }}
