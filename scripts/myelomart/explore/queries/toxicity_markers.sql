-- A marker round the infusion of CAR-T cells: median and quartiles by day, and by the highest grade of CRS afterwards.
with infusions as (select distinct person_id, infusion_date from core.cell_therapies),

worst as (
    select person_id, anchor_date, max(grade) as grade
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
        date_diff('day', infusions.infusion_date, labs.measured_date) as day,
        case
            when worst.person_id is null then 'no CRS recorded'
            when worst.grade >= 3 then 'CRS grade 3 or more'
            else 'CRS grade ' || coalesce(cast(worst.grade as varchar), 'unknown')
        end as grade
    from core.labs as labs
    inner join infusions on labs.person_id = infusions.person_id
    left join worst on infusions.person_id = worst.person_id and infusions.infusion_date = worst.anchor_date
    where
        labs.lab in ('il6', 'crp', 'ferritin', 'ldh')
        and labs.measured_date between infusions.infusion_date - 7 and infusions.infusion_date + 28
        and labs.value > 0
)

select
    lab,
    min(unit) as unit,
    grade,
    day,
    count(distinct person_id) as persons,
    median(value) as median,
    quantile_cont(value, 0.25) as low,
    quantile_cont(value, 0.75) as high
from measured
group by lab, grade, day
order by lab, grade, day
