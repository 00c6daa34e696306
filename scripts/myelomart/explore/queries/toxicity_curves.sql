-- Laboratory values round the start of a T-cell engager: median and quartiles by day (or by so many days together),
-- and by the highest grade of CRS afterwards.
with starts as ({{ t_cell_starts }}),

anchors as (select distinct person_id, start_date from starts where $after in ('both', engager)),

worst as (
    select person_id, anchor_date, max(coalesce(grade, -1)) as grade
    from core.adverse_events
    where term = 'crs'
    group by person_id, anchor_date
),

measured as (
    select
        labs.lab,
        labs.unit,
        labs.value,
        labs.person_id,
        $days * cast(floor(date_diff('day', anchors.start_date, labs.measured_date) / $days) as integer) as day,
        case
            when worst.person_id is null then 'no CRS recorded'
            when worst.grade < 0 then 'CRS, grade unknown'
            when worst.grade >= 3 then 'CRS grade 3 or more'
            else 'CRS grade ' || worst.grade
        end as grade
    from core.labs as labs
    inner join anchors on labs.person_id = anchors.person_id
    left join worst on anchors.person_id = worst.person_id and anchors.start_date = worst.anchor_date
    where
        labs.lab in (select unnest($labs))
        and labs.measured_date between anchors.start_date - 7 and anchors.start_date + $until
        and labs.value > 0
),

curves as (
    select
        lab,
        min(unit) as unit,
        grade,
        day,
        count(distinct person_id) as persons,
        quantile_cont(value, [0.25, 0.5, 0.75]) as quartiles
    from measured
    group by lab, grade, day
)

select lab, unit, grade, day, persons, quartiles[2] as median, quartiles[1] as low, quartiles[3] as high
from curves
order by lab, grade, day
