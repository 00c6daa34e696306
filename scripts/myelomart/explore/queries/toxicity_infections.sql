-- Months of 30 days after the first T-cell engager: persons still followed when the month begins, and those of them with
-- a severe infection in it.
with starts as ({{ t_cell_starts }}),

firsts as (
    select person_id, min(start_date) as start_date
    from starts
    where $after in ('both', engager)
    group by person_id
),

months as (select unnest(cast(range(0, 24) as integer[])) as month),

followed as (
    select
        months.month,
        firsts.person_id
    from firsts
    inner join core.patients as patients on firsts.person_id = patients.person_id
    cross join months
    where patients.last_contact_date > firsts.start_date + months.month * 30
),

infected as (
    select distinct
        firsts.person_id,
        date_diff('day', firsts.start_date, events.start_date) // 30 as month
    from core.adverse_events as events
    inner join firsts on events.person_id = firsts.person_id and events.start_date >= firsts.start_date
    where events.term = 'severe_infection'
)

select
    followed.month + 1 as month,
    count(*) as followed,
    count(infected.person_id) as infected
from followed
left join infected on followed.person_id = infected.person_id and followed.month = infected.month
group by followed.month
order by month
