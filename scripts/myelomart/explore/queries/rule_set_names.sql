-- The rule sets by which lines of therapy were built.
select distinct rule_set from core.lines_of_therapy_by_rule_set order by 1
