-- Persons with the first dose of a bispecific antibody, by drug and year.
with firsts as (
    select person_id, ingredient as part, year(min(start_date)) as year
    from core.drug_exposures
    where drug_class like '%bispecific%'
    group by person_id, ingredient
)

select year, part, 1 as part_order, count(*) as persons
from firsts
group by year, part
order by year, part
