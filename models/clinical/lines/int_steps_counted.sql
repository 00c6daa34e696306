-- One row per rule set, person and treatment event: what it does to the lines, and the number of its line among those
-- that count (int_lines_counted), null in one that does not.

with steps as (select * from {{ ref('int_line_steps') }}),
lines_counted as (select * from {{ ref('int_lines_counted') }}),

steps_counted as (

    select
        steps.rule_set,
        steps.person_id,
        steps.event_number,
        steps.event_date,
        steps.kind,
        steps.ingredient,
        steps.action,
        lines_counted.line_number
    from steps
    inner join lines_counted
        on
            steps.rule_set = lines_counted.rule_set
            and steps.person_id = lines_counted.person_id
            and steps.line_number = lines_counted.opened_line_number

)

select * from steps_counted
