-- From the start of the line to the start of the next, or death: time in days, event (1) or last contact (0).
with lines as (
    select * from core.lines_of_therapy_by_rule_set
    where rule_set = $rule_set
)

select
    lines.person_id,
    coalesce(lines.regimen_name, 'not known') as regimen,
    greatest(
        1,
        date_diff('day', lines.line_start_date, coalesce(least(next.line_start_date, patients.death_date), patients.last_contact_date))
    ) as time_days,
    cast(next.line_start_date is not null or patients.death_date is not null as integer) as event
from lines
inner join core.patients as patients on lines.person_id = patients.person_id
left join lines as next on lines.person_id = next.person_id and next.line_number = lines.line_number + 1
where lines.line_number = $line and lines.line_start_date <= patients.last_contact_date
order by lines.person_id
