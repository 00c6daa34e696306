-- Infusions of CAR-T cells by product and the highest grade of the reaction that was recorded after each.
with infusions as (select distinct person_id, infusion_date, product from core.cell_therapies),

worst as (
    select person_id, anchor_date, max(coalesce(grade, -1)) as grade
    from core.adverse_events
    where term = $term
    group by person_id, anchor_date
)

select
    infusions.product,
    case
        when worst.person_id is null then 'none recorded'
        when worst.grade < 0 then 'grade unknown'
        when worst.grade >= 3 then 'grade 3 or more'
        else 'grade ' || worst.grade
    end as grade,
    count(*) as infusions
from infusions
left join worst on infusions.person_id = worst.person_id and infusions.infusion_date = worst.anchor_date
group by all
order by infusions.product, grade
