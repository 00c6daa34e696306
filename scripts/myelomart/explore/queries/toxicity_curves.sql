-- Laboratory values round the start of a T-cell engager: median and quartiles by day (or by so many days together),
-- and by the highest grade of CRS afterwards (-1: unknown).
with starts as ({{ t_cell_starts }}),

worst as (
    select person_id, anchor_date, least(max(coalesce(grade, -1)), 3) as grade
    from core.adverse_events
    where term = 'crs'
    group by person_id, anchor_date
),

anchors as (
    select distinct starts.person_id, starts.start_date, worst.grade
    from starts
    left join worst on starts.person_id = worst.person_id and starts.start_date = worst.anchor_date
    where $after in ('both', starts.engager)
),

measured as (
    select
        labs.lab,
        labs.unit,
        labs.value,
        labs.person_id,
        $days * cast(floor(date_diff('day', anchors.start_date, labs.measured_date) / $days) as integer) as day,
        anchors.grade
    from core.labs as labs
    inner join anchors on labs.person_id = anchors.person_id
    where
        labs.lab in (select unnest($labs))
        and labs.measured_date between anchors.start_date - 7 and anchors.start_date + $until
        and labs.value > 0
),

curves as (
    select
        lab,
        any_value(unit) as unit,
        grade,
        day,
        count(distinct person_id) as persons,
        quantile_cont(value, [0.25, 0.5, 0.75]) as quartiles
    from measured
    group by lab, grade, day
)

select
    lab,
    unit,
    case
        when grade is null then 'no CRS recorded'
        when grade < 0 then 'CRS, grade unknown'
        when grade = 3 then 'CRS grade 3 or more'
        else 'CRS grade ' || grade
    end as grade,
    day,
    persons,
    quartiles[2] as median,
    quartiles[1] as low,
    quartiles[3] as high
from curves
order by lab, grade, day
