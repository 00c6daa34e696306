-- Persons with myeloma and their days with a code of the set, by the site where the person is recorded, and year.
select
    coalesce(patients.site_id, 'site not known') as site,
    year(events.event_date) as year,
    count(*) as records,
    count(distinct events.person_id) as persons
from core.clinical_events as events
inner join core.patients as patients on events.person_id = patients.person_id
where events.event_type = 'coded' and events.event_code = $set
group by all
order by site, year
