-- Persons with the index event: the day, whether they are in, and the step at which they left.
select person_id, index_date, is_member, failed_step, has_unknown
from tried_decisions
where $step is null or failed_step is not distinct from $step
order by person_id
limit $most
