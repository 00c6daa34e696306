-- One row per record of a recorded dispensing, administration or order of a drug.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(drug_exposure_id as bigint) as drug_exposure_id,
    cast(person_id as bigint) as source_person_id,
    cast(drug_concept_id as bigint) as drug_concept_id,
    cast(drug_exposure_start_date as date) as drug_exposure_start_date,
    cast(drug_exposure_end_date as date) as drug_exposure_end_date,
    cast(drug_type_concept_id as bigint) as drug_type_concept_id,
    cast(stop_reason as {{ dbt.type_string() }}) as stop_reason,
    cast(quantity as double) as quantity,
    cast(days_supply as integer) as days_supply,
    cast(route_concept_id as bigint) as route_concept_id,
    cast(visit_occurrence_id as bigint) as visit_occurrence_id,
    cast(drug_source_value as {{ dbt.type_string() }}) as drug_source_value,
    cast(drug_source_concept_id as bigint) as drug_source_concept_id,
    cast(route_source_value as {{ dbt.type_string() }}) as route_source_value,
    cast(dose_unit_source_value as {{ dbt.type_string() }}) as dose_unit_source_value
from {{ landed('drug_exposure') }}
