-- One row per rule set, person and line that the state machine opened: its number among those that count, when it began
-- and why, when it ended and why, and what was given.
-- Definition: specification lines 2.5. The line ends on the last day covered by a drug or procedure, at the latest the
-- day before the next line, at death or at the data cut. End reasons, the first that applies: PROGRESSION, NEXT_CART,
-- NEXT_ALLO, NEXT_ASCT, NEXT_ADD, NEXT_SWITCH, DEATH, DISCONTINUED (of a CAR-T line COMPLETED_ONE_TIME), ONGOING. The
-- index date is the infusion in a CAR-T line, elsewhere the start. drugs holds the core drugs, of which added_drugs
-- came after the regimen window by plan or permitted substitution. Minimum exposure: the IMWG asks for a complete
-- cycle. By default every line counts; where short_line_counts is 0 (sensitivity_min_cycle) one of less than 21 days
-- without transplant or infusion, before another within 28 days, has no line_number, and later ones move up.
-- Limits: a pause before the same drug comes back (GAP) reads as DISCONTINUED; a line that does not count still ended
-- the one before it, and what was given in it is in no line.

with steps as (select * from {{ ref('int_line_steps') }}),
line_rules as (select * from {{ ref('int_line_rules') }}),
patients as (select * from {{ ref('int_myeloma_patients') }}),
progressions as (select * from {{ ref('int_progression_dates') }}),

lines as (

    select
        rule_set,
        person_id,
        line_number as opened_line_number,
        min(line_start_date) as line_start_date,
        coalesce(max(line_infusion_date), min(line_start_date)) as line_index_date,
        max(line_infusion_date) as line_infusion_date,
        min(case when is_bridging then event_date end) as bridging_start_date,
        max(
            case
                when is_bridging and line_infusion_date is not null then least(end_date, line_infusion_date)
                else end_date
            end
        ) as covered_until_date,
        max(case when opens_line then action end) as start_reason,
        cast(sum(case when kind = 'ASCT' then 1 else 0 end) as integer) as autologous_count,
        cast(sum(case when kind = 'ALLO' then 1 else 0 end) as integer) as allogeneic_count,
        min(case when kind = 'CART' then event_date end) as infusion_date,
        {{ sorted_distinct_concat("case when kind = 'CART' then ingredient end") }} as cell_products,
        {{ sorted_distinct_concat("case when kind = 'DRUG' and not is_bridging then ingredient end") }} as drugs,
        {{ sorted_distinct_concat("case when is_added then ingredient end") }} as added_drugs,
        {{ sorted_distinct_concat("case when is_bridging then ingredient end") }} as bridging_drugs
    from steps
    group by 1, 2, 3

),

followed_lines as (

    select
        lines.*,
        lead(line_start_date) over (partition by rule_set, person_id order by opened_line_number) as next_start_date,
        lead(start_reason) over (partition by rule_set, person_id order by opened_line_number) as next_start_reason
    from lines

),

first_progressions as (

    select
        followed_lines.rule_set,
        followed_lines.person_id,
        followed_lines.opened_line_number,
        min(progressions.progression_date) as progression_date
    from followed_lines
    inner join progressions
        on
            followed_lines.person_id = progressions.person_id
            and followed_lines.line_index_date < progressions.progression_date
            and (
                followed_lines.next_start_date is null
                or followed_lines.next_start_date >= progressions.progression_date
            )
    group by 1, 2, 3

),

judged_lines as (

    select
        lines.*,
        first_progressions.progression_date,
        greatest(
            lines.line_start_date,
            least(
                lines.covered_until_date,
                coalesce(lines.next_start_date - 1, lines.covered_until_date),
                coalesce(patients.death_date, lines.covered_until_date),
                coalesce(patients.data_cut_date, lines.covered_until_date)
            )
        ) as line_end_date,
        case
            when first_progressions.progression_date is not null then 'PROGRESSION'
            when lines.next_start_reason in ('CART', 'ALLO', 'ASCT', 'ADD', 'SWITCH')
                then 'NEXT_' || lines.next_start_reason
            when lines.next_start_date is not null then 'DISCONTINUED'
            when
                {{ days_between('lines.covered_until_date', 'patients.death_date') }} <= line_rules.death_on_therapy_days
                then 'DEATH'
            when
                {{ days_between('lines.covered_until_date', 'patients.last_contact_date') }} >= line_rules.discon_gap_days
                then case when lines.line_infusion_date is null then 'DISCONTINUED' else 'COMPLETED_ONE_TIME' end
            else 'ONGOING'
        end as end_reason,
        coalesce(
            {{ days_between('lines.line_start_date', 'least(lines.covered_until_date, lines.next_start_date - 1)') }} + 1
            < line_rules.short_line_days
            and {{ days_between('lines.line_start_date', 'lines.next_start_date') }} <= line_rules.short_line_next_days
            and lines.autologous_count + lines.allogeneic_count = 0
            and lines.infusion_date is null,
            false
        ) as is_under_one_cycle,
        line_rules.short_line_counts = 1 as is_short_line_counted
    from followed_lines as lines
    inner join line_rules on lines.rule_set = line_rules.rule_set
    inner join patients on lines.person_id = patients.person_id
    left join first_progressions
        on
            lines.rule_set = first_progressions.rule_set
            and lines.person_id = first_progressions.person_id
            and lines.opened_line_number = first_progressions.opened_line_number

),

lines_dated as (

    select
        rule_set,
        person_id,
        opened_line_number,
        case
            when is_short_line_counted or not is_under_one_cycle
                then cast(
                    sum(case when is_short_line_counted or not is_under_one_cycle then 1 else 0 end) over (
                        partition by rule_set, person_id order by opened_line_number
                        rows between unbounded preceding and current row
                    ) as integer
                )
        end as line_number,
        line_start_date,
        next_start_date,
        line_index_date,
        line_end_date,
        start_reason,
        end_reason,
        progression_date,
        drugs,
        added_drugs,
        bridging_drugs,
        bridging_start_date,
        cell_products,
        infusion_date,
        autologous_count,
        allogeneic_count,
        is_under_one_cycle
    from judged_lines

)

select * from lines_dated
