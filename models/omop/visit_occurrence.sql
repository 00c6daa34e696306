-- One row per visit, from all sources.

{{ records_of_all_sources([ref('stg_omop__visit_occurrence'), ref('visit_occurrence_from_trinetx')]) }}
