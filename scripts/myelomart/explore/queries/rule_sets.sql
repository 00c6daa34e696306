-- Each rule set beside the one in force: persons whose number of lines differs, or the line of whose infusion does.
select
    rule_set,
    count(*) as persons,
    count(*) filter (where line_count != line_count_in_force) as other_count,
    count(*) filter (where is_infusion_line_different) as other_infusion_line,
    avg(line_count) as lines_per_person
from qc.rule_sets_compared
group by rule_set
order by rule_set
