-- Each site: persons with myeloma, those with CAR-T cells, deaths, and the median follow-up from the diagnosis.
with infused as (select distinct person_id from core.cell_therapies)

select
    patients.site_id as site,
    count(*) as patients,
    count(infused.person_id) as with_car_t,
    count(patients.death_date) as deaths,
    median(date_diff('day', patients.myeloma_diagnosis_date, patients.last_contact_date)) / 365.25 as follow_up
from core.patients as patients
left join infused on patients.person_id = infused.person_id
group by 1
order by patients desc, site
