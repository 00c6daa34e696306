-- Persons with myeloma who have a code of the set, and their records of it, by the site of the person and year.
with years as (
    select person_id, year(event_date) as year, count(*) as records
    from core.clinical_events
    where event_type = 'coded' and event_code = $set
    group by all
)

select
    coalesce(patients.site_id, 'site not known') as site,
    years.year,
    cast(sum(years.records) as bigint) as records,
    count(*) as persons
from years
inner join core.patients as patients on years.person_id = patients.person_id
group by all
order by site, year
