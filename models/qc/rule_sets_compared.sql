-- One row per person and rule set other than the one in force: where the two count lines of therapy differently, and
-- why.
-- Definition: the number of lines, the line of the first CAR-T infusion, and of the first event that the two put into
-- different lines its day and what each rule set takes it for (int_line_steps). No difference, no event.
-- Limits: events that one rule set does not see at all (another role of the drug) show as null in its action.

with steps as (

    select
        line_steps.rule_set,
        line_steps.person_id,
        line_steps.event_date,
        line_steps.event_number,
        line_steps.kind,
        line_steps.ingredient,
        line_steps.action,
        lines_counted.line_number
    from {{ ref('int_line_steps') }} as line_steps
    inner join {{ ref('int_lines_counted') }} as lines_counted
        on
            line_steps.rule_set = lines_counted.rule_set
            and line_steps.person_id = lines_counted.person_id
            and line_steps.line_number = lines_counted.opened_line_number

),

counts as (

    select
        rule_set,
        person_id,
        max(line_number) as line_count,
        min(case when kind = 'CART' then line_number end) as infusion_line
    from steps
    group by 1, 2

),

in_force as (

    select * from steps
    where rule_set = '{{ var("rule_set") }}'

),

matched as (

    select
        steps.rule_set,
        steps.person_id,
        steps.event_date,
        steps.kind,
        steps.ingredient,
        in_force.action as action_in_force,
        steps.action,
        row_number() over (
            partition by steps.rule_set, steps.person_id order by steps.event_date, steps.event_number
        ) as difference_number
    from steps
    inner join in_force
        on
            steps.person_id = in_force.person_id
            and steps.event_date = in_force.event_date
            and steps.kind = in_force.kind
            and coalesce(steps.ingredient, '') = coalesce(in_force.ingredient, '')
            and coalesce(steps.line_number, 0) != coalesce(in_force.line_number, 0)
    where steps.rule_set != '{{ var("rule_set") }}'

),

rule_sets_compared as (

    select
        counts.person_id,
        counts.rule_set,
        counts_in_force.line_count as line_count_in_force,
        counts.line_count,
        counts_in_force.infusion_line as infusion_line_in_force,
        counts.infusion_line,
        coalesce(counts.infusion_line != counts_in_force.infusion_line, false) as is_infusion_line_different,
        matched.event_date as first_difference_date,
        coalesce(matched.ingredient, matched.kind) as first_difference_event,
        matched.action_in_force,
        matched.action
    from counts
    inner join counts as counts_in_force
        on counts.person_id = counts_in_force.person_id and counts_in_force.rule_set = '{{ var("rule_set") }}'
    left join matched
        on
            counts.rule_set = matched.rule_set
            and counts.person_id = matched.person_id
            and matched.difference_number = 1
    where counts.rule_set != '{{ var("rule_set") }}'

)

select * from rule_sets_compared
