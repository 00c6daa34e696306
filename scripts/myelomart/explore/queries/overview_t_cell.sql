-- Persons with an infusion of CAR-T cells, by product, and with the first dose of a bispecific antibody, by year.
with infusions as (
    select year(infusion_date) as year, product as part, 1 as part_order, person_id
    from core.cell_therapies
),

bispecifics as (
    select year(min(start_date)) as year, 'bispecific antibody' as part, 2 as part_order, person_id
    from core.drug_exposures
    where drug_class like '%bispecific%'
    group by person_id
)

select year, part, min(part_order) as part_order, count(distinct person_id) as persons
from (select * from infusions union all select * from bispecifics)
group by year, part
order by year, part_order, part
