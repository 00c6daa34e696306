select
    key as procedure_occurrence_id,
    person as person_id,
    standard_concept_id as procedure_concept_id,
    start_day as procedure_date,
    end_day as procedure_end_date,
    known_value('record_type', 'other') as procedure_type_concept_id,
    visit as visit_occurrence_id,
    source_value as procedure_source_value,
    source_concept_id as procedure_source_concept_id
from coded where target = 'procedure_occurrence'
