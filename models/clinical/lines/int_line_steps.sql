-- One row per rule set, person and treatment event, with what it does to the lines of therapy and the line it is in.
-- Definition: the state machine of specification lines 2.4 (Rajkumar 2015), read event by event for all persons and
-- rule sets at once: the branches of `action` are rows a to m of its table, in the order in which they are asked
-- (line_actions says which row an action is, whether it opens a line, and in words what it means). A drug is in the
-- line when it was used since the line began, in a CAR-T line since the infusion; a drug read on a day before the one
-- that opens a line that day joins it too, unless that one bridges. What extends a bridging drug bridges. An agent that
-- the source does not name may open a line only where no named drug begins with it. Where a rule set follows a
-- registry's own lines, these alone open lines from the first of them on.
-- Limits: a progression that nobody recorded cannot end a line; a spell is read at its first dose.

with recursive events as (select * from {{ ref('int_line_event_contexts') }}),
line_rules as (select * from {{ ref('int_line_rules') }}),
line_actions as (select * from {{ ref('line_actions') }}),

walk as (

    select
        events.rule_set,
        events.person_id,
        events.event_number,
        'FIRST' as action,
        1 as line_number,
        events.event_date as line_start_date,
        events.event_date as in_line_since_date,
        case
            when events.kind = 'CART' then events.event_date
            when line_rules.bridging_in_cart_line = 1 then events.bridged_infusion_date
        end as line_infusion_date,
        events.end_date as covered_until_date
    from events
    inner join line_rules on events.rule_set = line_rules.rule_set
    where events.event_number = 1
    union all
    select
        acts.rule_set,
        acts.person_id,
        acts.event_number,
        acts.action,
        case when line_actions.opens_line then acts.line_number + 1 else acts.line_number end as line_number,
        case when line_actions.opens_line then acts.event_date else acts.line_start_date end as line_start_date,
        case
            when line_actions.opens_line or acts.action = 'INFUSION' then acts.event_date else acts.in_line_since_date
        end as in_line_since_date,
        case
            when not line_actions.opens_line then acts.line_infusion_date
            when acts.action in ('CART', 'ABSTRACTED')
                then coalesce(acts.bridged_infusion_date, case when acts.kind = 'CART' then acts.event_date end)
        end as line_infusion_date,
        case
            when line_actions.opens_line then acts.end_date else greatest(acts.covered_until_date, acts.end_date)
        end as covered_until_date
    from (
        select
            facts.*,
            case
                -- 2.6 no. 7: the lines that a registry's abstractors numbered
                when facts.abstracted_start_date > facts.line_start_date then 'ABSTRACTED'
                -- m
                when facts.kind = 'CART' and facts.event_date = facts.line_infusion_date then 'INFUSION'
                when
                    facts.kind = 'CART'
                    and facts.has_infusion
                    and facts.days_since_infusion <= line_rules.cart_reinfusion_days
                    then 'REINFUSION'
                when facts.abstracted_start_date is not null
                    then case
                        when facts.kind = 'CART' then 'FRONTLINE_CART'
                        when facts.kind != 'DRUG' then 'TRANSPLANT'
                        when facts.is_in_line then 'EXTEND'
                        else 'JOIN'
                    end
                when
                    facts.kind = 'CART'
                    and facts.line_number = 1
                    and facts.days_in_line < line_rules.regimen_window_l1
                    and facts.days_uncovered <= 0
                    then 'FRONTLINE_CART'
                when facts.kind = 'CART' then 'CART'
                -- a registry numbers drugs: a transplant stays in the line that it is dated in
                when facts.kind != 'DRUG' and line_rules.transplant_opens = 0 then 'TRANSPLANT'
                -- l
                when
                    facts.kind = 'ALLO'
                    and facts.has_transplant
                    and facts.days_since_transplant <= line_rules.post_asct_planned_days
                    and not facts.is_progressed_since_transplant
                    then 'PLANNED_ALLO'
                when facts.kind = 'ALLO' then 'ALLO'
                -- i
                when
                    facts.kind = 'ASCT'
                    and facts.last_transplant_date is null
                    and facts.days_since_cover <= line_rules.asct_after_last_dose_days
                    and not facts.is_progressed_since_cover
                    then 'PLANNED_ASCT'
                -- j
                when
                    facts.kind = 'ASCT'
                    and facts.has_transplant
                    and facts.days_since_transplant <= line_rules.tandem_days
                    and not facts.is_progressed_since_transplant
                    then 'TANDEM_ASCT'
                -- k
                when
                    facts.kind = 'ASCT'
                    and line_rules.salvage_asct_absorbed = 1
                    and facts.last_transplant_date < facts.line_start_date
                    and not coalesce(facts.days_since_cover > line_rules.asct_after_last_dose_days, false)
                    then 'SALVAGE_ASCT'
                when facts.kind = 'ASCT' then 'ASCT'
                -- b: no long pause, no progression in a shorter one, no return with a steroid as treatment of a relapse
                when
                    facts.is_in_line
                    and not coalesce(
                        facts.days_uncovered
                        > case
                            when facts.covered_until_date = facts.last_transplant_date
                                then coalesce(line_rules.transplant_gap_days, line_rules.rechallenge_gap_days)
                            else line_rules.rechallenge_gap_days
                        end,
                        false
                    )
                    and not coalesce(
                        facts.is_progressed_since_cover and facts.days_uncovered >= line_rules.pd_gap_min_days, false
                    )
                    and not coalesce(
                        facts.is_with_steroid
                        and facts.days_without_drug > line_rules.drug_return_gap_days
                        and facts.days_in_line > line_rules.unprogressed_addition_days
                        and not (
                            facts.has_transplant
                            and facts.days_since_transplant <= line_rules.post_asct_planned_days
                            and (facts.line_number = 1 or line_rules.later_consolidation = 1)
                        ),
                        false
                    )
                    then 'EXTEND'
                -- m
                when facts.event_date < facts.line_infusion_date then 'BRIDGING'
                -- of a drug that is not named nothing can be told: the named ones of its day decide
                when facts.is_unnamed and facts.named_drug_count > 0 then 'JOIN'
                -- c
                when
                    facts.line_infusion_date is null
                    and facts.days_in_line
                    < case
                        when facts.line_number = 1 then line_rules.regimen_window_l1
                        else line_rules.regimen_window_ln
                    end
                    then 'JOIN'
                -- m
                when facts.days_to_another_infusion <= line_rules.cart_reinfusion_days then 'CONSOLIDATION'
                when facts.bridged_infusion_date is not null and line_rules.bridging_in_cart_line = 1 then 'CART'
                when facts.bridged_infusion_date is not null and line_rules.bridging_in_prior_line = 1 then 'BRIDGING'
                -- what a registry takes for planned: no new steroid, no progression, no drug of relapse
                when
                    facts.is_with_steroid = false
                    and not facts.is_progressed_in_line
                    and not (line_rules.relapse_drug_opens = 1 and facts.is_relapse_drug)
                    and facts.days_uncovered
                    <= case
                        when facts.is_maintenance_alone_drug and facts.named_drug_count = 1
                            then line_rules.steroid_free_maintenance_days
                        else line_rules.steroid_free_change_days
                    end
                    then 'PLANNED_MAINTENANCE'
                -- b
                when facts.is_in_line and facts.is_progressed_since_cover then 'PROGRESSION_GAP'
                when facts.is_in_line then 'GAP'
                -- d
                when
                    facts.has_transplant
                    and facts.days_since_transplant <= line_rules.post_asct_planned_days
                    and (facts.is_maintenance_drug or line_rules.post_asct_any_drug = 1)
                    and not facts.is_progressed_since_transplant
                    and not (line_rules.relapse_drug_opens = 1 and facts.is_relapse_drug)
                    and (
                        facts.line_number = 1
                        or line_rules.later_consolidation = 1
                        or not coalesce(facts.is_with_steroid, false)
                    )
                    then 'PLANNED_POST_ASCT'
                -- e
                when
                    facts.replaced_use_date >= facts.in_line_since_date
                    and not coalesce(facts.days_to_nearest_progression <= line_rules.substitution_pd_days, false)
                    then 'SUBSTITUTION'
                -- f
                when
                    facts.has_infusion
                    and facts.days_since_infusion <= line_rules.cart_consolidation_days
                    and not facts.is_progressed_since_infusion
                    then 'CONSOLIDATION'
                -- g, where the line has failed: a recorded progression, or what tells a registry of one
                when
                    facts.is_progressed_in_line
                    or (line_rules.relapse_drug_opens = 1 and facts.is_relapse_drug and facts.line_number = 1)
                    or (
                        line_rules.class_change_opens = 1
                        and facts.is_with_steroid
                        and facts.previous_class_use_date >= facts.in_line_since_date
                        and not facts.is_covered
                    )
                    then case when facts.is_covered then 'ADD' else 'SWITCH' end
                -- planned maintenance without a transplant, and the changes a registry overlooks; off by default
                when
                    facts.is_maintenance_drug
                    and facts.named_drug_count = 1
                    and facts.days_since_cover between 1 and line_rules.nontransplant_switch_days
                    then 'PLANNED_MAINTENANCE'
                when
                    facts.line_number = 1
                    and facts.last_transplant_date is null
                    and facts.days_to_next_transplant <= line_rules.pre_transplant_change_days
                    then 'PRE_TRANSPLANT_CHANGE'
                when
                    facts.days_in_line
                    < case
                        when facts.is_covered then line_rules.unprogressed_addition_days
                        when facts.line_number = 1 and facts.new_drug_count <= 1 then line_rules.first_line_change_days
                    end
                    then 'UNPROGRESSED_CHANGE'
                -- g
                when facts.is_covered then 'ADD'
                else 'SWITCH'
            end as action
        from (
            select
                events.*,
                walk.line_number,
                walk.line_start_date,
                walk.in_line_since_date,
                walk.line_infusion_date,
                walk.covered_until_date,
                walk.covered_until_date >= events.event_date as is_covered,
                coalesce(events.previous_use_date >= walk.in_line_since_date, false) as is_in_line,
                coalesce(events.last_transplant_date >= walk.line_start_date, false) as has_transplant,
                coalesce(events.last_infusion_date >= walk.line_start_date, false) as has_infusion,
                coalesce(events.last_progression_date >= walk.line_start_date, false) as is_progressed_in_line,
                coalesce(events.last_progression_date > walk.covered_until_date, false) as is_progressed_since_cover,
                coalesce(events.last_progression_date > events.last_transplant_date, false)
                    as is_progressed_since_transplant,
                coalesce(events.last_progression_date > events.last_infusion_date, false)
                    as is_progressed_since_infusion,
                {{ days_between('walk.line_start_date', 'events.event_date') }} as days_in_line,
                {{ days_between('walk.covered_until_date', 'events.event_date') }} as days_since_cover,
                {{ days_between('walk.covered_until_date', 'events.event_date') }} - 1 as days_uncovered,
                {{ days_between('events.previous_end_date', 'events.event_date') }} - 1 as days_without_drug,
                {{ days_between('events.last_transplant_date', 'events.event_date') }} as days_since_transplant,
                {{ days_between('events.event_date', 'events.next_transplant_date') }} as days_to_next_transplant,
                {{ days_between('events.last_infusion_date', 'events.event_date') }} as days_since_infusion,
                {{ days_between('walk.line_infusion_date', 'events.bridged_infusion_date') }} as days_to_another_infusion,
                least(
                    {{ days_between('events.last_progression_date', 'events.event_date') }},
                    {{ days_between('events.event_date', 'events.next_progression_date') }}
                ) as days_to_nearest_progression
            from walk
            inner join events
                on
                    walk.rule_set = events.rule_set
                    and walk.person_id = events.person_id
                    and walk.event_number + 1 = events.event_number
        ) as facts
        inner join line_rules on facts.rule_set = line_rules.rule_set
    ) as acts
    inner join line_actions on acts.action = line_actions.action

),

walked_events as (

    select
        events.*,
        walk.action,
        walk.line_number,
        walk.line_start_date,
        walk.line_infusion_date,
        max(case when line_actions.opens_line and walk.line_infusion_date is null then walk.line_number end) over (
            partition by events.rule_set, events.person_id, events.event_date, events.kind
        ) as opened_line_number,
        bool_or(walk.action = 'BRIDGING') over (
            partition by events.rule_set, events.person_id, events.ingredient, walk.line_number
            order by events.event_number rows between unbounded preceding and current row
        ) as is_bridging_drug
    from walk
    inner join events
        on
            walk.rule_set = events.rule_set
            and walk.person_id = events.person_id
            and walk.event_number = events.event_number
    inner join line_actions on walk.action = line_actions.action

),

placed_events as (

    select
        rule_set,
        person_id,
        event_number,
        event_date,
        kind,
        ingredient,
        last_date,
        end_date,
        case
            when opened_line_number > line_number then 'JOIN'
            when action = 'EXTEND' and is_bridging_drug and line_infusion_date is null then 'BRIDGING'
            else action
        end as action,
        greatest(line_number, coalesce(opened_line_number, line_number)) as line_number,
        case when opened_line_number > line_number then event_date else line_start_date end as line_start_date,
        case when coalesce(opened_line_number <= line_number, true) then line_infusion_date end as line_infusion_date
    from walked_events

),

line_steps as (

    select
        placed_events.*,
        line_actions.opens_line,
        placed_events.kind = 'DRUG'
        and (
            line_actions.is_bridging or coalesce(placed_events.event_date < placed_events.line_infusion_date, false)
        ) as is_bridging,
        line_actions.is_added
    from placed_events
    inner join line_actions on placed_events.action = line_actions.action

)

select * from line_steps
