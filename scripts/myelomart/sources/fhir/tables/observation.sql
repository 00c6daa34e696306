select
    key as observation_id,
    person as person_id,
    standard_concept_id as observation_concept_id,
    start_day as observation_date,
    known_value('record_type', 'other') as observation_type_concept_id,
    value_number as value_as_number,
    value_text as value_as_string,
    qualifier as qualifier_source_value,
    visit as visit_occurrence_id,
    source_value as observation_source_value,
    source_concept_id as observation_source_concept_id,
    unit as unit_source_value,
    value_text as value_source_value
from coded where target = 'observation'
