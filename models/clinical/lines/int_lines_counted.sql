-- One row per rule set, person and line that the state machine opened, with its number among those that count.
-- Definition: algorithms 2.5, minimum exposure: the IMWG asks for a complete cycle. By default every line counts and
-- keeps its number; where short_line_counts is 0 (sensitivity_min_cycle) one of less than 21 days without transplant or
-- infusion, before another within 28 days, has none, and later ones move up. What was given in it is in no line.
-- Limits: the line before it still ended when it began.

with lines as (select * from {{ ref('int_lines_dated') }}),
line_rules as (select * from {{ ref('int_line_rules') }}),

judged as (

    select
        lines.rule_set,
        lines.person_id,
        lines.line_number as opened_line_number,
        lines.line_start_date,
        line_rules.short_line_counts = 1 or not lines.is_under_one_cycle as is_counted
    from lines
    inner join line_rules on lines.rule_set = line_rules.rule_set

),

lines_counted as (

    select
        rule_set,
        person_id,
        opened_line_number,
        line_start_date,
        lead(line_start_date) over (partition by rule_set, person_id order by opened_line_number) as next_start_date,
        case
            when is_counted
                then cast(
                    sum(case when is_counted then 1 else 0 end) over (
                        partition by rule_set, person_id order by opened_line_number
                        rows between unbounded preceding and current row
                    ) as integer
                )
        end as line_number
    from judged

)

select * from lines_counted
