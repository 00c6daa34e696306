-- One row per rule set, person and treatment event, with what it does to the lines of therapy and the line it is in.
-- Definition: the state machine of algorithms 2.4 (IMWG 2015, Rajkumar, Blood 126:921), read event by event for all
-- persons and rule sets at once: rows a to m of its table are the branches of `action`. Events of a day go ALLO,
-- CART, ASCT, DRUG, of drugs those first that were not given for longest and that no plan foresees: they may open the
-- line that the others then belong to. A drug is in the line when it was used since the line began, in a CAR-T line
-- since the infusion; a drug read on a day before the one that opens a line that day joins it too. An agent that the
-- source does not name may open a line only where no named drug begins with it.
-- Opening actions: FIRST, GAP, PROGRESSION_GAP, ADD, SWITCH, ASCT, ALLO, CART, ABSTRACTED; every other action stays in
-- the line. Where a rule set follows a registry's own lines, these alone open lines from the first of them on.
-- Limits: a progression that nobody recorded cannot end a line; a spell is read at its first dose.

with recursive line_events as (select * from {{ ref('int_line_events') }}),
line_rules as (select * from {{ ref('int_line_rules') }}),

substitutions as (

    select
        line_events.rule_set,
        line_events.person_id,
        line_events.ingredient,
        line_events.event_date,
        max(replaced.last_date) as replaced_use_date
    from {{ ref('line_substitutions') }} as line_substitutions
    inner join line_events
        on
            line_substitutions.rule_set = line_events.rule_set
            and line_substitutions.new_ingredient = line_events.ingredient
    inner join line_events as replaced
        on
            line_events.rule_set = replaced.rule_set
            and line_events.person_id = replaced.person_id
            and line_substitutions.replaced_ingredient = replaced.ingredient
            and line_events.event_date >= replaced.event_date
    group by 1, 2, 3, 4

),

stream as (

    select
        line_events.*,
        case line_events.kind when 'LINE' then 0 when 'ALLO' then 1 when 'CART' then 2 when 'ASCT' then 3 else 4 end
            as kind_rank
    from line_events
    union all
    select
        line_rules.rule_set,
        progressions.person_id,
        progressions.progression_date as event_date,
        'PD' as kind,
        cast(null as {{ dbt.type_string() }}) as ingredient,
        progressions.progression_date as last_date,
        progressions.progression_date as end_date,
        cast(null as date) as bridged_infusion_date,
        cast(null as boolean) as is_with_steroid,
        0 as kind_rank
    from (select distinct
        person_id,
        progression_date
    from {{ ref('int_progression_dates') }}) as progressions
    cross join line_rules

),

remembered as (

    select
        stream.*,
        lag(last_date) over (
            partition by rule_set, person_id, kind, ingredient order by event_date
        ) as previous_use_date,
        lag(end_date) over (
            partition by rule_set, person_id, kind, ingredient order by event_date
        ) as previous_end_date,
        max(case when kind = 'ASCT' then event_date end) over earlier as last_transplant_date,
        max(case when kind = 'CART' then event_date end) over earlier as last_infusion_date,
        max(case when kind = 'PD' then event_date end) over earlier as last_progression_date,
        max(case when kind = 'LINE' then event_date end) over earlier as abstracted_start_date,
        min(case when kind = 'PD' then event_date end) over later as next_progression_date,
        min(case when kind = 'ASCT' then event_date end) over later as next_transplant_date
    from stream
    window
        earlier as (
            partition by rule_set, person_id order by event_date, kind_rank, ingredient nulls first
            rows between unbounded preceding and 1 preceding
        ),
        later as (
            partition by rule_set, person_id order by event_date, kind_rank, ingredient nulls first
            rows between 1 following and unbounded following
        )

),

facts as (

    select
        remembered.*,
        substitutions.replaced_use_date,
        coalesce(drug_classes.is_maintenance, false) as is_maintenance_drug,
        coalesce(drug_classes.is_maintenance_alone, false) as is_maintenance_alone_drug,
        coalesce(remembered.event_date < coalesce(drug_classes.first_line_from, remembered.event_date + 1), false)
            as is_relapse_drug,
        coalesce({{ days_between('last_transplant_date', 'remembered.event_date') }}, 100000) as days_since_transplant,
        coalesce({{ days_between('last_infusion_date', 'remembered.event_date') }}, 100000) as days_since_infusion,
        coalesce(last_progression_date > last_transplant_date, false) as is_progressed_since_transplant,
        coalesce(last_progression_date > last_infusion_date, false) as is_progressed_since_infusion,
        least(
            coalesce({{ days_between('last_progression_date', 'remembered.event_date') }}, 100000),
            coalesce({{ days_between('remembered.event_date', 'next_progression_date') }}, 100000)
        ) as days_to_nearest_progression,
        {{ days_between('remembered.event_date', 'next_transplant_date') }} as days_to_next_transplant,
        {{ days_between('previous_end_date', 'remembered.event_date') }} - 1 as days_without_drug,
        max(remembered.event_date) over (
            partition by remembered.rule_set, remembered.person_id, drug_classes.drug_class
            order by remembered.event_date, remembered.kind_rank, remembered.ingredient nulls first
            rows between unbounded preceding and 1 preceding
        ) as previous_class_use_date,
        coalesce(drug_classes.drug_class = 'unnamed', false) as is_unnamed,
        sum(case when drug_classes.drug_class = 'unnamed' then 0 else 1 end) over the_day as named_that_day,
        sum(
            case when previous_use_date is null and coalesce(drug_classes.drug_class, '') != 'unnamed' then 1 else 0 end
        ) over the_day as new_drugs_that_day,
        row_number() over (
            partition by remembered.rule_set, remembered.person_id
            order by
                remembered.event_date,
                remembered.kind_rank,
                coalesce(drug_classes.drug_class = 'unnamed', false),
                remembered.previous_use_date nulls first,
                coalesce(drug_classes.is_maintenance, false),
                drug_classes.first_line_from desc nulls first,
                remembered.ingredient nulls first
        ) as event_number
    from remembered
    left join substitutions
        on
            remembered.kind = 'DRUG'
            and remembered.rule_set = substitutions.rule_set
            and remembered.person_id = substitutions.person_id
            and remembered.ingredient = substitutions.ingredient
            and remembered.event_date = substitutions.event_date
    left join {{ ref('drug_classes') }} as drug_classes
        on remembered.kind = 'DRUG' and remembered.ingredient = drug_classes.ingredient
    where remembered.kind not in ('PD', 'LINE')
    window
        the_day as (partition by remembered.rule_set, remembered.person_id, remembered.event_date, remembered.kind)

),

walk as (

    select
        facts.rule_set,
        facts.person_id,
        facts.event_number,
        facts.event_date,
        facts.kind,
        facts.ingredient,
        facts.last_date,
        facts.end_date,
        'FIRST' as action,
        1 as line_number,
        facts.event_date as line_start_date,
        facts.event_date as in_line_since_date,
        case
            when facts.kind = 'CART' then facts.event_date
            when line_rules.bridging_in_cart_line = 1 then facts.bridged_infusion_date
        end as line_infusion_date,
        facts.end_date as covered_until_date
    from facts
    inner join line_rules on facts.rule_set = line_rules.rule_set
    where facts.event_number = 1
    union all
    select
        rule_set,
        person_id,
        event_number,
        event_date,
        kind,
        ingredient,
        last_date,
        end_date,
        action,
        case when opens then line_number + 1 else line_number end as line_number,
        case when opens then event_date else line_start_date end as line_start_date,
        case when opens or action = 'INFUSION' then event_date else in_line_since_date end as in_line_since_date,
        case
            when not opens then line_infusion_date
            when action in ('CART', 'ABSTRACTED')
                then coalesce(bridged_infusion_date, case when kind = 'CART' then event_date end)
        end as line_infusion_date,
        case when opens then end_date else greatest(covered_until_date, end_date) end as covered_until_date
    from (
        select
            judged.*,
            action in ('GAP', 'PROGRESSION_GAP', 'ADD', 'SWITCH', 'ASCT', 'ALLO', 'CART', 'ABSTRACTED') as opens
        from (
            select
                facts.*,
                walk.line_number,
                walk.line_start_date,
                walk.in_line_since_date,
                walk.line_infusion_date,
                walk.covered_until_date,
                case
                    -- 2.6 no. 7: the lines that a registry's abstractors numbered
                    when facts.abstracted_start_date > walk.line_start_date then 'ABSTRACTED'
                    -- m
                    when facts.kind = 'CART' and facts.event_date = walk.line_infusion_date then 'INFUSION'
                    when
                        facts.kind = 'CART'
                        and facts.last_infusion_date >= walk.line_start_date
                        and facts.days_since_infusion <= line_rules.cart_reinfusion_days
                        then 'REINFUSION'
                    when facts.abstracted_start_date is not null
                        then case
                            when facts.kind = 'CART' then 'FRONTLINE_CART'
                            when facts.kind != 'DRUG' then 'TRANSPLANT'
                            when facts.previous_use_date >= walk.in_line_since_date then 'EXTEND'
                            else 'JOIN'
                        end
                    when
                        facts.kind = 'CART'
                        and walk.line_number = 1
                        and {{ days_between('walk.line_start_date', 'facts.event_date') }}
                        < line_rules.regimen_window_l1
                        and facts.event_date <= walk.covered_until_date + 1
                        then 'FRONTLINE_CART'
                    when facts.kind = 'CART' then 'CART'
                    -- a registry numbers drugs: a transplant stays in the line that it is dated in
                    when facts.kind in ('ASCT', 'ALLO') and line_rules.transplant_opens = 0 then 'TRANSPLANT'
                    -- l
                    when
                        facts.kind = 'ALLO'
                        and facts.last_transplant_date >= walk.line_start_date
                        and facts.days_since_transplant <= line_rules.post_asct_planned_days
                        and not facts.is_progressed_since_transplant
                        then 'PLANNED_ALLO'
                    when facts.kind = 'ALLO' then 'ALLO'
                    -- i
                    when
                        facts.kind = 'ASCT'
                        and facts.last_transplant_date is null
                        and {{ days_between('walk.covered_until_date', 'facts.event_date') }}
                        <= line_rules.asct_after_last_dose_days
                        and not coalesce(facts.last_progression_date > walk.covered_until_date, false)
                        then 'PLANNED_ASCT'
                    -- j
                    when
                        facts.kind = 'ASCT'
                        and facts.last_transplant_date >= walk.line_start_date
                        and facts.days_since_transplant <= line_rules.tandem_days
                        and not facts.is_progressed_since_transplant
                        then 'TANDEM_ASCT'
                    -- k
                    when
                        facts.kind = 'ASCT'
                        and line_rules.salvage_asct_absorbed = 1
                        and facts.last_transplant_date < walk.line_start_date
                        and {{ days_between('walk.covered_until_date', 'facts.event_date') }}
                        <= coalesce(line_rules.asct_after_last_dose_days, 100000)
                        then 'SALVAGE_ASCT'
                    when facts.kind = 'ASCT' then 'ASCT'
                    -- b
                    when
                        facts.previous_use_date >= walk.in_line_since_date
                        and not coalesce(
                            {{ days_between('walk.covered_until_date', 'facts.event_date') }} - 1
                            > case
                                when walk.covered_until_date = facts.last_transplant_date
                                    then coalesce(line_rules.transplant_gap_days, line_rules.rechallenge_gap_days)
                                else line_rules.rechallenge_gap_days
                            end,
                            false
                        )
                        and not coalesce(
                            facts.is_with_steroid
                            and facts.days_without_drug > line_rules.drug_return_gap_days
                            and {{ days_between('walk.line_start_date', 'facts.event_date') }}
                            > line_rules.unprogressed_addition_days
                            and not (
                                facts.days_since_transplant <= line_rules.post_asct_planned_days
                                and facts.last_transplant_date >= walk.line_start_date
                                and (walk.line_number = 1 or line_rules.later_consolidation = 1)
                            ),
                            false
                        )
                        and not (
                            {{ days_between('walk.covered_until_date', 'facts.event_date') }} - 1
                            >= line_rules.pd_gap_min_days
                            and coalesce(facts.last_progression_date > walk.covered_until_date, false)
                        )
                        then 'EXTEND'
                    when facts.event_date < walk.line_infusion_date then 'BRIDGING'
                    -- of a drug that is not named nothing can be told: the named ones of its day decide
                    when facts.is_unnamed and facts.named_that_day > 0 then 'JOIN'
                    -- c
                    when
                        walk.line_infusion_date is null
                        and {{ days_between('walk.line_start_date', 'facts.event_date') }}
                        < case
                            when walk.line_number = 1 then line_rules.regimen_window_l1 else
                                line_rules.regimen_window_ln
                        end
                        then 'JOIN'
                    when
                        {{ days_between('walk.line_infusion_date', 'facts.bridged_infusion_date') }}
                        <= line_rules.cart_reinfusion_days
                        then 'CONSOLIDATION'
                    when facts.bridged_infusion_date is not null and line_rules.bridging_in_cart_line = 1 then 'CART'
                    when
                        facts.bridged_infusion_date is not null and line_rules.bridging_in_prior_line = 1
                        then 'BRIDGING'
                    -- what a registry takes for planned: no new steroid, no progression, no drug of relapse
                    when
                        facts.is_with_steroid = false
                        and not coalesce(facts.last_progression_date >= walk.line_start_date, false)
                        and not (line_rules.relapse_drug_opens = 1 and facts.is_relapse_drug)
                        and {{ days_between('walk.covered_until_date', 'facts.event_date') }} - 1
                        <= case
                            when facts.is_maintenance_alone_drug and facts.named_that_day = 1
                                then line_rules.steroid_free_maintenance_days
                            else line_rules.steroid_free_change_days
                        end
                        then 'PLANNED_MAINTENANCE'
                    when facts.previous_use_date >= walk.in_line_since_date
                        then case
                            when
                                coalesce(facts.last_progression_date > walk.covered_until_date, false)
                                then 'PROGRESSION_GAP'
                            else 'GAP'
                        end
                    -- d
                    when
                        facts.last_transplant_date >= walk.line_start_date
                        and facts.days_since_transplant <= line_rules.post_asct_planned_days
                        and (facts.is_maintenance_drug or line_rules.post_asct_any_drug = 1)
                        and not facts.is_progressed_since_transplant
                        and not (line_rules.relapse_drug_opens = 1 and facts.is_relapse_drug)
                        and not (
                            walk.line_number > 1
                            and coalesce(facts.is_with_steroid, false)
                            and line_rules.later_consolidation = 0
                        )
                        then 'PLANNED_POST_ASCT'
                    -- e
                    when
                        facts.replaced_use_date >= walk.in_line_since_date
                        and facts.days_to_nearest_progression > line_rules.substitution_pd_days
                        then 'SUBSTITUTION'
                    -- f
                    when
                        facts.last_infusion_date >= walk.line_start_date
                        and facts.days_since_infusion <= line_rules.cart_consolidation_days
                        and not facts.is_progressed_since_infusion
                        then 'CONSOLIDATION'
                    -- planned maintenance without a transplant, and the changes a registry overlooks; off by default
                    when
                        coalesce(facts.last_progression_date >= walk.line_start_date, false)
                        or (line_rules.relapse_drug_opens = 1 and facts.is_relapse_drug and walk.line_number = 1)
                        or (
                            line_rules.class_change_opens = 1
                            and facts.is_with_steroid
                            and facts.previous_class_use_date >= walk.in_line_since_date
                            and facts.event_date > walk.covered_until_date
                        )
                        then case when walk.covered_until_date >= facts.event_date then 'ADD' else 'SWITCH' end
                    when
                        facts.is_maintenance_drug
                        and facts.named_that_day = 1
                        and {{ days_between('walk.covered_until_date', 'facts.event_date') }}
                        between 1 and line_rules.nontransplant_switch_days
                        then 'PLANNED_MAINTENANCE'
                    when
                        walk.line_number = 1
                        and facts.last_transplant_date is null
                        and facts.days_to_next_transplant <= line_rules.pre_transplant_change_days
                        then 'PRE_TRANSPLANT_CHANGE'
                    when
                        {{ days_between('walk.line_start_date', 'facts.event_date') }}
                        < case
                            when walk.covered_until_date >= facts.event_date then line_rules.unprogressed_addition_days
                            when
                                walk.line_number = 1 and facts.new_drugs_that_day <= 1
                                then line_rules.first_line_change_days
                        end
                        then 'UNPROGRESSED_CHANGE'
                    -- g
                    when walk.covered_until_date >= facts.event_date then 'ADD'
                    else 'SWITCH'
                end as action
            from walk
            inner join facts
                on
                    walk.rule_set = facts.rule_set
                    and walk.person_id = facts.person_id
                    and walk.event_number + 1 = facts.event_number
            inner join line_rules on facts.rule_set = line_rules.rule_set
        ) as judged
    ) as decided

),

days as (

    select
        walk.*,
        max(case when action in ('GAP', 'PROGRESSION_GAP', 'ADD', 'SWITCH') then line_number end) over (
            partition by rule_set, person_id, event_date, kind
        ) as opened_line_number
    from walk

),

line_steps as (

    select
        rule_set,
        person_id,
        event_number,
        event_date,
        kind,
        ingredient,
        last_date,
        end_date,
        case when opened_line_number > line_number then 'JOIN' else action end as action,
        greatest(line_number, coalesce(opened_line_number, line_number)) as line_number,
        case when opened_line_number > line_number then event_date else line_start_date end as line_start_date,
        case when opened_line_number > line_number then event_date else in_line_since_date end as in_line_since_date,
        case when coalesce(opened_line_number <= line_number, true) then line_infusion_date end as line_infusion_date,
        covered_until_date
    from days

)

select * from line_steps
