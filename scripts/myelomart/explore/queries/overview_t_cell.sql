-- Persons with an infusion of CAR-T cells, by product and year.
select year(infusion_date) as year, product as part, 1 as part_order, count(distinct person_id) as persons
from core.cell_therapies
group by year(infusion_date), product
order by year, part
