-- One row per recorded dispensing, administration or order of a drug, from all sources.

{{ records_of_all_sources([ref('stg_omop__drug_exposure'), ref('drug_exposure_from_trinetx')]) }}
