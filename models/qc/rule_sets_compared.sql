-- One row per person and rule set other than the one in force: where the two count lines of therapy differently, and
-- why.
-- Definition: the number of lines, the line of the first CAR-T infusion, and the first event that the two put into
-- different lines, with its day and what each rule set takes it for (int_steps_counted); reason says it in words. Where
-- no event of both differs but the counts do, it is the first event that only one of them sees (a drug of another
-- role, say). No difference, no event.
-- Limits: doses in a row are one event on its first day, and rule sets may cut the row at different days.

with steps as (select * from {{ ref('int_steps_counted') }}),

counts as (

    select
        rule_set,
        person_id,
        max(line_number) as line_count,
        min(case when kind = 'CART' then line_number end) as infusion_line
    from steps
    group by 1, 2

),

pairs as (

    select
        persons.person_id,
        rule_sets.rule_set
    from (select distinct person_id from steps) as persons
    cross join (select distinct rule_set from counts) as rule_sets
    where rule_sets.rule_set != '{{ var("rule_set") }}'

),

sided as (

    select
        pairs.rule_set,
        steps.person_id,
        steps.event_date,
        steps.event_number,
        coalesce(steps.ingredient, steps.kind) as event_name,
        case when steps.rule_set != pairs.rule_set then steps.line_number end as line_number_in_force,
        case when steps.rule_set != pairs.rule_set then steps.action end as action_in_force,
        case when steps.rule_set = pairs.rule_set then steps.line_number end as line_number,
        case when steps.rule_set = pairs.rule_set then steps.action end as action
    from steps
    inner join pairs
        on steps.person_id = pairs.person_id and steps.rule_set in (pairs.rule_set, '{{ var("rule_set") }}')

),

events as (

    select
        rule_set,
        person_id,
        event_date,
        event_name,
        min(event_number) as event_number,
        max(line_number_in_force) as line_number_in_force,
        max(action_in_force) as action_in_force,
        max(line_number) as line_number,
        max(action) as action,
        max(action_in_force) is not null and max(action) is not null as is_seen_by_both
    from sided
    group by 1, 2, 3, 4

),

differing as (

    select
        events.*,
        row_number() over (
            partition by rule_set, person_id order by is_seen_by_both desc, event_date, event_number, event_name
        ) as difference_number
    from events
    where not is_seen_by_both or coalesce(line_number, 0) != coalesce(line_number_in_force, 0)

),

rule_sets_compared as (

    select
        pairs.person_id,
        pairs.rule_set,
        coalesce(counts_in_force.line_count, 0) as line_count_in_force,
        coalesce(counts.line_count, 0) as line_count,
        counts_in_force.infusion_line as infusion_line_in_force,
        counts.infusion_line,
        coalesce(counts.infusion_line != counts_in_force.infusion_line, false) as is_infusion_line_different,
        differing.event_date as first_difference_date,
        differing.event_name as first_difference_event,
        differing.action_in_force,
        differing.action,
        differing.event_name || ' of ' || cast(differing.event_date as {{ dbt.type_string() }})
        || coalesce(', ' || differing.action_in_force, ', not seen') || ' under {{ var("rule_set") }}'
        || coalesce(', ' || differing.action, ', not seen') || ' under ' || pairs.rule_set as reason
    from pairs
    left join counts on pairs.rule_set = counts.rule_set and pairs.person_id = counts.person_id
    left join counts as counts_in_force
        on pairs.person_id = counts_in_force.person_id and counts_in_force.rule_set = '{{ var("rule_set") }}'
    left join differing
        on
            pairs.rule_set = differing.rule_set
            and pairs.person_id = differing.person_id
            and differing.difference_number = 1
            and (
                differing.is_seen_by_both
                or coalesce(counts.line_count, 0) != coalesce(counts_in_force.line_count, 0)
            )

)

select * from rule_sets_compared
