-- One row per recorded procedure, from all sources.

{{ records_of_all_sources([ref('stg_omop__procedure_occurrence'), ref('procedure_occurrence_from_trinetx')]) }}
