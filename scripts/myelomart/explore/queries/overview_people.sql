-- One row: the persons with myeloma, their sites and years, and what they had.
with patients as (select * from core.patients),

treated as (
    select
        person_id,
        bool_or(has_bcma_bispecific or has_gprc5d_bispecific or has_other_bispecific) as has_bispecific
    from core.lines_of_therapy
    group by person_id
),

infused as (select distinct person_id from core.cell_therapies)

select
    count(*) as patients,
    count(distinct patients.site_id) as sites,
    count(distinct patients.source_name) as sources,
    year(min(patients.myeloma_diagnosis_date)) as first_year,
    year(max(patients.myeloma_diagnosis_date)) as last_year,
    max(patients.data_cut_date) as data_cut,
    median(date_diff('day', patients.myeloma_diagnosis_date, patients.last_contact_date)) / 365.25 as follow_up,
    count(patients.death_date) as deaths,
    count(treated.person_id) as treated,
    count(infused.person_id) as car_t,
    count(*) filter (where treated.has_bispecific) as bispecific
from patients
left join treated on patients.person_id = treated.person_id
left join infused on patients.person_id = infused.person_id
