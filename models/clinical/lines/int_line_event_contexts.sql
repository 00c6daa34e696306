-- One row per rule set, person and treatment event (a spell of a core drug, a transplant or an infusion), in the order
-- in which they are read, with what lies around it: all that the state machine needs and that no line decides.
-- Definition: specification lines 2.4 (Rajkumar 2015). Events of a day go ALLO, CART, ASCT, DRUG; of drugs those not
-- seen before come first, then those absent longest, planned maintenance last: they may open the line that the others
-- then belong to. Dates are of the last event before (last_) or the next one after it (next_) in that order; previous_
-- is of the same drug or class. A date is null where there is none. bridged_infusion_date: the infusion that a spell
-- would bridge to, because it begins between apheresis and lymphodepletion. is_with_steroid: a steroid began within 30
-- days of the spell; null where none was ever recorded. is_relapse_drug: not yet in use in the first line on that day.
-- Limits: a steroid that runs on through a change of drugs does not count as one that began with it.

with line_events as (select * from {{ ref('int_line_events') }}),
line_rules as (select * from {{ ref('int_line_rules') }}),
cell_therapies as (select * from {{ ref('int_cell_therapies_found') }}),
steroids as (select * from {{ ref('int_drug_exposures_deduplicated') }} where usual_role = 'steroid'),
line_substitutions as (select * from {{ ref('line_substitutions') }}),
drug_classes as (select * from {{ ref('drug_classes') }}),

bridging_spells as (

    select
        line_events.rule_set,
        line_events.person_id,
        line_events.ingredient,
        line_events.event_date,
        min(cell_therapies.infusion_date) as bridged_infusion_date
    from line_events
    inner join cell_therapies
        on
            line_events.person_id = cell_therapies.person_id
            and line_events.event_date >= cell_therapies.apheresis_date
            and line_events.event_date
            < coalesce(cell_therapies.lymphodepletion_start_date, cell_therapies.infusion_date)
    where line_events.kind = 'DRUG'
    group by 1, 2, 3, 4

),

nearest_steroids as (

    select
        line_events.rule_set,
        line_events.person_id,
        line_events.event_date,
        min(abs({{ days_between('line_events.event_date', 'steroids.start_date') }})) as days_to_steroid
    from line_events
    inner join steroids on line_events.person_id = steroids.person_id
    where line_events.kind = 'DRUG'
    group by 1, 2, 3

),

replacing_spells as (

    select
        line_events.rule_set,
        line_events.person_id,
        line_events.ingredient,
        line_events.event_date,
        max(replaced_events.last_date) as replaced_use_date
    from line_substitutions
    inner join line_events
        on
            line_substitutions.rule_set = line_events.rule_set
            and line_substitutions.new_ingredient = line_events.ingredient
    inner join line_events as replaced_events
        on
            line_events.rule_set = replaced_events.rule_set
            and line_events.person_id = replaced_events.person_id
            and line_substitutions.replaced_ingredient = replaced_events.ingredient
            and line_events.event_date >= replaced_events.event_date
    group by 1, 2, 3, 4

),

classified_events as (

    select
        line_events.*,
        bridging_spells.bridged_infusion_date,
        case when line_events.kind = 'DRUG' then nearest_steroids.days_to_steroid <= line_rules.steroid_seen_days end
            as is_with_steroid,
        replacing_spells.replaced_use_date,
        drug_classes.drug_class,
        drug_classes.first_line_from,
        coalesce(drug_classes.is_maintenance, false) as is_maintenance_drug,
        coalesce(drug_classes.is_maintenance_alone, false) as is_maintenance_alone_drug,
        line_events.kind = 'DRUG'
        and coalesce(line_events.event_date < drug_classes.first_line_from, drug_classes.first_line_from is null)
            as is_relapse_drug,
        coalesce(drug_classes.drug_class = 'unnamed', false) as is_unnamed,
        case line_events.kind when 'DRUG' then 4 when 'ASCT' then 3 when 'CART' then 2 when 'ALLO' then 1 else 0 end
            as kind_rank
    from line_events
    inner join line_rules on line_events.rule_set = line_rules.rule_set
    left join bridging_spells
        on
            line_events.kind = 'DRUG'
            and line_events.rule_set = bridging_spells.rule_set
            and line_events.person_id = bridging_spells.person_id
            and line_events.ingredient = bridging_spells.ingredient
            and line_events.event_date = bridging_spells.event_date
    left join nearest_steroids
        on
            line_events.rule_set = nearest_steroids.rule_set
            and line_events.person_id = nearest_steroids.person_id
            and line_events.event_date = nearest_steroids.event_date
    left join replacing_spells
        on
            line_events.kind = 'DRUG'
            and line_events.rule_set = replacing_spells.rule_set
            and line_events.person_id = replacing_spells.person_id
            and line_events.ingredient = replacing_spells.ingredient
            and line_events.event_date = replacing_spells.event_date
    left join drug_classes on line_events.kind = 'DRUG' and line_events.ingredient = drug_classes.ingredient

),

surrounded_events as (

    select
        classified_events.*,
        lag(last_date) over same_drug as previous_use_date,
        lag(end_date) over same_drug as previous_end_date,
        max(event_date) over (
            partition by rule_set, person_id, kind, drug_class order by event_date, ingredient nulls first
            rows between unbounded preceding and 1 preceding
        ) as previous_class_use_date,
        max(case when kind = 'ASCT' then event_date end) over earlier as last_transplant_date,
        max(case when kind = 'CART' then event_date end) over earlier as last_infusion_date,
        max(case when kind = 'PD' then event_date end) over earlier as last_progression_date,
        max(case when kind = 'LINE' then event_date end) over earlier as abstracted_start_date,
        min(case when kind = 'ASCT' then event_date end) over later as next_transplant_date,
        min(case when kind = 'PD' then event_date end) over later as next_progression_date
    from classified_events
    window
        same_drug as (partition by rule_set, person_id, kind, ingredient order by event_date),
        earlier as (
            partition by rule_set, person_id order by event_date, kind_rank, kind, ingredient nulls first
            rows between unbounded preceding and 1 preceding
        ),
        later as (
            partition by rule_set, person_id order by event_date, kind_rank, kind, ingredient nulls first
            rows between 1 following and unbounded following
        )

),

line_event_contexts as (

    select
        rule_set,
        person_id,
        row_number() over (
            partition by rule_set, person_id
            order by
                event_date,
                kind_rank,
                is_unnamed,
                previous_use_date nulls first,
                is_maintenance_drug,
                first_line_from desc nulls first,
                ingredient nulls first
        ) as event_number,
        event_date,
        kind,
        ingredient,
        last_date,
        end_date,
        bridged_infusion_date,
        previous_use_date,
        previous_end_date,
        previous_class_use_date,
        replaced_use_date,
        last_transplant_date,
        next_transplant_date,
        last_infusion_date,
        last_progression_date,
        next_progression_date,
        abstracted_start_date,
        sum(case when is_unnamed then 0 else 1 end) over that_day as named_drug_count,
        sum(case when is_unnamed or previous_use_date is not null then 0 else 1 end) over that_day as new_drug_count,
        is_with_steroid,
        is_maintenance_drug,
        is_maintenance_alone_drug,
        is_relapse_drug,
        is_unnamed
    from surrounded_events
    where kind not in ('PD', 'LINE')
    window
        that_day as (partition by rule_set, person_id, event_date, kind)

)

select * from line_event_contexts
