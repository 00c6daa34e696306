-- One row per recorded device, from all sources.

{{ records_of_all_sources([ref('stg_omop__device_exposure')]) }}
