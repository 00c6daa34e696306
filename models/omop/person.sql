-- One row per person of any source, from all sources.

{{ records_of_all_sources([ref('stg_omop__person'), ref('person_from_trinetx')]) }}
