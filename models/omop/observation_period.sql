-- One row per span of time in which a source would have recorded events of a person, from all sources.

{{ records_of_all_sources([ref('stg_omop__observation_period'), ref('observation_period_from_trinetx')]) }}
