select
    key as measurement_id,
    person as person_id,
    standard_concept_id as measurement_concept_id,
    start_day as measurement_date,
    known_value('record_type', 'other') as measurement_type_concept_id,
    operator_concept_id,
    value_number as value_as_number,
    range_low,
    range_high,
    visit as visit_occurrence_id,
    source_value as measurement_source_value,
    source_concept_id as measurement_source_concept_id,
    unit as unit_source_value,
    value_text as value_source_value
from coded where target = 'measurement'
