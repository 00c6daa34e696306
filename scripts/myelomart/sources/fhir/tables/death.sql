-- a death without a day is a death all the same
select
    person_id,
    death_date,
    known_value('record_type', 'other') as death_type_concept_id
from people where refusal is null and is_dead
