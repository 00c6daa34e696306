-- Starts of T-cell engagers: infusions of CAR-T cells by product, and the first dose of each bispecific antibody.
select person_id, infusion_date as start_date, product, 'car_t' as engager
from core.cell_therapies
union
select person_id, min(start_date) as start_date, ingredient as product, 'bispecific' as engager
from core.drug_exposures
where drug_class like '%bispecific%'
group by person_id, ingredient
