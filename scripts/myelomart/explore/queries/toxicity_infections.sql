-- Months after the first infusion of CAR-T cells: persons still followed when the month begins, and those of them with a
-- severe infection in it.
with infusions as (
    select person_id, min(infusion_date) as infusion_date
    from core.cell_therapies
    group by person_id
),

months as (select unnest(cast(range(0, 24) as integer[])) as month),

followed as (
    select
        months.month,
        infusions.person_id,
        infusions.infusion_date + months.month * 30 as since
    from infusions
    inner join core.patients as patients on infusions.person_id = patients.person_id
    cross join months
    where patients.last_contact_date > infusions.infusion_date + months.month * 30
),

infections as (select person_id, start_date from core.adverse_events where term = 'severe_infection')

select
    followed.month + 1 as month,
    count(distinct followed.person_id) as followed,
    count(distinct infections.person_id) as infected
from followed
left join infections
    on
        followed.person_id = infections.person_id
        and infections.start_date >= followed.since
        and infections.start_date < followed.since + 30
group by followed.month
order by month
