-- Episodes of the reaction after an infusion of CAR-T cells: the day of onset, by grade.
select
    least(date_diff('day', events.anchor_date, events.start_date), 30) as day,
    case when events.grade is null then 'grade unknown' when events.grade >= 3 then 'grade 3 or more' else 'grade ' || events.grade end as grade,
    count(distinct (events.person_id, events.anchor_date)) as infusions
from core.adverse_events as events
inner join core.cell_therapies as infusions
    on events.person_id = infusions.person_id and events.anchor_date = infusions.infusion_date
where events.term = $term and events.start_date >= events.anchor_date
group by all
order by day, grade
