-- Persons who began a line, by its group and that of the next line; «no further line» where none was begun.
with lines as (
    select
        *,
        case when $by = 'group' then therapy_group_progression else regimen_name end as part
    from core.lines_of_therapy_by_rule_set
    where rule_set = $rule_set
)

select
    coalesce(lines.part, 'not known') as before,
    case when next.person_id is null then 'no further line' else coalesce(next.part, 'not known') end as after,
    count(*) as persons
from lines
left join lines as next on lines.person_id = next.person_id and next.line_number = lines.line_number + 1
where lines.line_number = $line
group by all
order by persons desc, before, after
