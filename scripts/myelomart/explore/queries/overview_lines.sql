-- Persons who began a line of therapy, by calendar year and number of the line.
select
    year(line_start_date) as year,
    case when line_number >= 5 then 'line 5 and later' else 'line ' || line_number end as part,
    least(line_number, 5) as part_order,
    count(distinct person_id) as persons
from core.lines_of_therapy
group by all
order by year, part_order
