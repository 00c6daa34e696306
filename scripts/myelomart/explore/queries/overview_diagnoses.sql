-- Persons by the calendar year of their first supported diagnosis of multiple myeloma, and sex.
select
    year(myeloma_diagnosis_date) as year,
    coalesce(sex, 'sex unknown') as part,
    case sex when 'female' then 1 when 'male' then 2 else 3 end as part_order,
    count(*) as persons
from core.patients
where myeloma_diagnosis_date is not null
group by all
order by year, part_order
