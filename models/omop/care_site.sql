-- One row per place of care, from all sources.

select * from {{ ref('stg_omop__care_site') }}
