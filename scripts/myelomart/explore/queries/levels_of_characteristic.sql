-- The texts that a characteristic has, the commonest first.
select value_text, count(distinct person_id) as persons
from core.characteristics
where name = $name and value_text is not null
group by value_text
order by persons desc, value_text
limit 50
