-- One row per rule set, person and treatment event: what it does to the lines, and the number of its line among those
-- that count (int_lines_dated), null in one that does not.

with steps as (select * from {{ ref('int_line_steps') }}),
lines as (select * from {{ ref('int_lines_dated') }}),

steps_counted as (

    select
        steps.rule_set,
        steps.person_id,
        steps.event_number,
        steps.event_date,
        steps.kind,
        steps.ingredient,
        steps.action,
        lines.line_number
    from steps
    inner join lines
        on
            steps.rule_set = lines.rule_set
            and steps.person_id = lines.person_id
            and steps.line_number = lines.opened_line_number

)

select * from steps_counted
