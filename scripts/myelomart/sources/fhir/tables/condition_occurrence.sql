select
    key as condition_occurrence_id,
    person as person_id,
    standard_concept_id as condition_concept_id,
    start_day as condition_start_date,
    end_day as condition_end_date,
    known_value('record_type', 'other') as condition_type_concept_id,
    visit as visit_occurrence_id,
    source_value as condition_source_value,
    source_concept_id as condition_source_concept_id
from coded where target = 'condition_occurrence'
