-- Persons who began the line, by calendar year and regimen.
select
    year(line_start_date) as year,
    coalesce(regimen_name, 'not known') as regimen,
    count(distinct person_id) as persons
from core.lines_of_therapy_by_rule_set
where rule_set = $rule_set and line_number = $line
group by all
order by year, persons desc, regimen
