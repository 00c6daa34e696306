-- One row per rule set, person and line of therapy: when it began and why, when it ended and why, and what was given.
-- Definition: algorithms 2.5. The line ends on the last day covered by a drug or procedure, at the latest the day
-- before the next line, at death or at the data cut. End reasons, the first that applies: PROGRESSION, NEXT_CART,
-- NEXT_ALLO, NEXT_ASCT, NEXT_ADD, NEXT_SWITCH, DEATH, DISCONTINUED (of a CAR-T line COMPLETED_ONE_TIME), ONGOING.
-- The index date is the infusion in a CAR-T line, elsewhere the start. drugs holds the core drugs, of which
-- added_drugs came after the regimen window by plan or permitted substitution.
-- Limits: a pause before the same drug comes back (GAP) reads as DISCONTINUED.

with steps as (select * from {{ ref('int_line_steps') }}),
line_rules as (select * from {{ ref('int_line_rules') }}),
patients as (select * from {{ ref('int_myeloma_patients') }}),
progressions as (select * from {{ ref('int_progression_dates') }}),

marked as (

    select
        steps.*,
        steps.kind = 'DRUG'
        and (steps.action = 'BRIDGING' or coalesce(steps.event_date < steps.line_infusion_date, false)) as is_bridging,
        steps.kind = 'DRUG'
        and not coalesce(steps.event_date < steps.line_infusion_date, false)
        and steps.action in (
            'PLANNED_POST_ASCT', 'SUBSTITUTION', 'CONSOLIDATION',
            'PLANNED_MAINTENANCE', 'PRE_TRANSPLANT_CHANGE', 'UNPROGRESSED_CHANGE'
        ) as is_added
    from steps

),

lines as (

    select
        rule_set,
        person_id,
        line_number,
        min(line_start_date) as line_start_date,
        max(line_infusion_date) as line_infusion_date,
        min(case when is_bridging then event_date end) as bridging_start_date,
        max(
            case
                when is_bridging and line_infusion_date is not null then least(end_date, line_infusion_date) else
                    end_date
            end
        )
            as covered_until_date,
        max(
            case
                when
                    action in (
                        'FIRST', 'GAP', 'PROGRESSION_GAP', 'ADD', 'SWITCH', 'ASCT', 'ALLO', 'CART', 'ABSTRACTED'
                    )
                    then action
            end
        )
            as start_reason,
        sum(case when kind = 'ASCT' then 1 else 0 end) as autologous_count,
        sum(case when kind = 'ALLO' then 1 else 0 end) as allogeneic_count,
        min(case when kind = 'CART' then event_date end) as infusion_date,
        {{ sorted_distinct_concat("case when kind = 'CART' then ingredient end") }} as cell_products,
        {{ sorted_distinct_concat("case when kind = 'DRUG' and not is_bridging then ingredient end") }} as drugs,
        {{ sorted_distinct_concat("case when is_added then ingredient end") }} as added_drugs,
        {{ sorted_distinct_concat("case when is_bridging then ingredient end") }} as bridging_drugs
    from marked
    group by 1, 2, 3

),

followed as (

    select
        lines.*,
        lead(line_start_date) over (partition by rule_set, person_id order by line_number) as next_start_date,
        lead(start_reason) over (partition by rule_set, person_id order by line_number) as next_start_reason
    from lines

),

progressed as (

    select
        followed.rule_set,
        followed.person_id,
        followed.line_number,
        min(progressions.progression_date) as progression_date
    from followed
    inner join progressions
        on
            followed.person_id = progressions.person_id
            and coalesce(followed.line_infusion_date, followed.line_start_date) < progressions.progression_date
            and (
                followed.next_start_date is null
                or followed.next_start_date >= progressions.progression_date
            )
    group by 1, 2, 3

),

lines_closed as (

    select
        followed.rule_set,
        followed.person_id,
        cast(followed.line_number as integer) as line_number,
        followed.line_start_date,
        coalesce(followed.line_infusion_date, followed.line_start_date) as line_index_date,
        greatest(
            followed.line_start_date,
            least(
                followed.covered_until_date,
                coalesce(followed.next_start_date - 1, followed.covered_until_date),
                coalesce(patients.death_date, followed.covered_until_date),
                coalesce(patients.data_cut_date, followed.covered_until_date)
            )
        ) as line_end_date,
        followed.start_reason,
        case
            when progressed.progression_date is not null then 'PROGRESSION'
            when followed.next_start_reason in ('CART', 'ALLO', 'ASCT', 'ADD', 'SWITCH')
                then 'NEXT_' || followed.next_start_reason
            when followed.next_start_date is not null then 'DISCONTINUED'
            when
                {{ days_between('followed.covered_until_date', 'patients.death_date') }}
                <= line_rules.death_on_therapy_days
                then 'DEATH'
            when
                {{ days_between('followed.covered_until_date', 'patients.last_contact_date') }}
                >= line_rules.discon_gap_days
                then case when followed.line_infusion_date is null then 'DISCONTINUED' else 'COMPLETED_ONE_TIME' end
            else 'ONGOING'
        end as end_reason,
        progressed.progression_date,
        followed.drugs,
        followed.added_drugs,
        followed.bridging_drugs,
        followed.bridging_start_date,
        followed.cell_products,
        followed.infusion_date,
        cast(followed.autologous_count as integer) as autologous_count,
        cast(followed.allogeneic_count as integer) as allogeneic_count,
        coalesce(
            {{ days_between('followed.line_start_date', 'least(followed.covered_until_date, followed.next_start_date - 1)') }}
            + 1
            < line_rules.short_line_days
            and {{ days_between('followed.line_start_date', 'followed.next_start_date') }}
            <= line_rules.short_line_next_days
            and followed.autologous_count + followed.allogeneic_count = 0
            and followed.infusion_date is null,
            false
        ) as is_under_one_cycle
    from followed
    inner join line_rules on followed.rule_set = line_rules.rule_set
    inner join patients on followed.person_id = patients.person_id
    left join progressed
        on
            followed.rule_set = progressed.rule_set
            and followed.person_id = progressed.person_id
            and followed.line_number = progressed.line_number

)

select * from lines_closed
