-- The drugs and classes to which somebody is refractory, the commonest first.
select word, count(distinct person_id) as persons
from (
    select person_id, unnest([ingredient, drug_class]) as word
    from core.refractoriness
    where status in ('CONFIRMED', 'PROBABLE')
)
where word is not null
group by word
order by persons desc, word
