-- One row per a delivery of data, from all sources.

select * from {{ ref('stg_omop__cdm_source') }}
