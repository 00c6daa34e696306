-- Blood counts at the time points after the infusion of CAR-T cells: grade of what was measured, or why it was not.
select
    term,
    time_point,
    case
        when status != 'measured' then replace(status, '_', ' ')
        when grade >= 3 then 'grade 3 or 4'
        when grade >= 1 then 'grade 1 or 2'
        else 'none'
    end as grade,
    count(*) as infusions
from core.cytopenias
group by all
order by term, time_point, grade
