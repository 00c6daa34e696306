-- Starts of T-cell engagers by product and the highest grade of the reaction that was recorded after each.
with starts as ({{ t_cell_starts }}),

worst as (
    select person_id, anchor_date, max(coalesce(grade, -1)) as grade
    from core.adverse_events
    where term = $term
    group by person_id, anchor_date
)

select
    starts.engager,
    starts.product,
    case
        when worst.person_id is null then 'none recorded'
        when worst.grade < 0 then 'grade unknown'
        when worst.grade >= 3 then 'grade 3 or more'
        else 'grade ' || worst.grade
    end as grade,
    count(*) as starts
from starts
left join worst on starts.person_id = worst.person_id and starts.start_date = worst.anchor_date
where $after in ('both', starts.engager)
group by all
order by starts.engager desc, starts.product, grade
