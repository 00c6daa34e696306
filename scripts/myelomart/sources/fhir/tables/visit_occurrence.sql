select
    record as visit_occurrence_id,
    person as person_id,
    coalesce(concept_id, 0) as visit_concept_id,
    start_day as visit_start_date,
    end_day as visit_end_date,
    known_value('record_type', 'other') as visit_type_concept_id,
    source_value as visit_source_value,
    value_text as discharged_to_source_value
from facts where refusal is null and target = 'visit_occurrence'
