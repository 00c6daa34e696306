-- One row per recorded diagnosis, from all sources.

{{ records_of_all_sources([ref('stg_omop__condition_occurrence'), ref('condition_occurrence_from_trinetx')]) }}
