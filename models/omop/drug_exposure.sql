-- One row per recorded dispensing, administration or order of a drug, from all sources.

with of_cdm as (

    select
        source_name,
        cast(drug_exposure_id as bigint) as drug_exposure_id,
        cast(person_id as bigint) as source_person_id,
        cast(drug_concept_id as bigint) as drug_concept_id,
        drug_exposure_start_date,
        drug_exposure_end_date,
        cast(drug_type_concept_id as bigint) as drug_type_concept_id,
        stop_reason,
        quantity,
        cast(days_supply as integer) as days_supply,
        cast(route_concept_id as bigint) as route_concept_id,
        cast(visit_occurrence_id as bigint) as visit_occurrence_id,
        drug_source_value,
        cast(drug_source_concept_id as bigint) as drug_source_concept_id,
        route_source_value,
        dose_unit_source_value
    from {{ landed('drug_exposure') }}

),

records as (

    {{ records_of_all_sources(['of_cdm', ref('drug_exposure_from_trinetx')]) }}

)

select * from records
