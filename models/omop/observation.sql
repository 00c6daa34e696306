-- One row per recorded observation, from all sources.

{{ records_of_all_sources([ref('stg_omop__observation'), ref('observation_from_trinetx')]) }}
