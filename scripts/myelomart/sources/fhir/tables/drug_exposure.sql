select
    key as drug_exposure_id,
    person as person_id,
    standard_concept_id as drug_concept_id,
    start_day as drug_exposure_start_date,
    end_day as drug_exposure_end_date,
    type_concept_id as drug_type_concept_id,
    stop_reason,
    quantity,
    cast(coalesce(days_dispensed, days_ordered) as bigint) as days_supply,
    visit as visit_occurrence_id,
    source_value as drug_source_value,
    source_concept_id as drug_source_concept_id,
    route as route_source_value
from coded where target = 'drug_exposure'
