-- One row per recorded measurement, from all sources.

{{ records_of_all_sources([ref('stg_omop__measurement'), ref('measurement_from_trinetx')]) }}
