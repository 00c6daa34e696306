-- Episodes of the reaction after the start of a T-cell engager: the day of onset, by grade.
with starts as ({{ t_cell_starts }}),

anchors as (select distinct person_id, start_date from starts where $after in ('both', engager))

select
    least(date_diff('day', events.anchor_date, events.start_date), 30) as day,
    case when events.grade is null then 'grade unknown' when events.grade >= 3 then 'grade 3 or more' else 'grade ' || events.grade end as grade,
    count(distinct (events.person_id, events.anchor_date)) as starts
from core.adverse_events as events
inner join anchors on events.person_id = anchors.person_id and events.anchor_date = anchors.start_date
where events.term = $term and events.start_date >= events.anchor_date
group by all
order by day, grade
