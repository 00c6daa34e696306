-- from a person's first to the last record, as of a TriNetX export: FHIR does not say when somebody was observed
select
    person as person_id,
    person as observation_period_id,
    min(start_day) as observation_period_start_date,
    max(greatest(start_day, case when target = 'visit_occurrence' then end_day end)) as observation_period_end_date,
    known_value('record_type', 'other') as period_type_concept_id
from facts where refusal is null and target != 'observation'
group by 1, 2
