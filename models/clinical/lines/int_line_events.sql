-- One row per rule set, person and event that the lines of therapy are counted from: a spell of a core drug, a
-- transplant, a CAR-T infusion, a progression, or a line that a registry numbered.
-- Definition: specification procedures 2.3, from shortly before the diagnosis to death (progressions at any time).
-- Doses of a drug that follow each other without any turning point between them are one spell: a turning point is the
-- first dose of a drug, its return after longer than a line could overlook, or any other event. An infusion bears its
-- product, or other_target when it is not against BCMA, though its own code may not say so.
-- Limits: spells only shorten the count; single doses give the same lines.

with exposures as (select * from {{ ref('int_drug_exposures_by_role') }} where role = 'core'),
line_rules as (select * from {{ ref('int_line_rules') }}),
patients as (select * from {{ ref('int_myeloma_patients') }}),
transplants as (select * from {{ ref('int_transplants_found') }}),
cell_therapies as (select * from {{ ref('int_cell_therapies_found') }}),
progressions as (select * from {{ ref('int_progression_dates') }}),
abstracted_lines as (select * from {{ ref('int_abstracted_lines') }}),

turns as (

    select
        person_id,
        case kind when 'allogeneic' then 'ALLO' else 'ASCT' end as kind,
        cast(null as {{ dbt.type_string() }}) as ingredient,
        transplant_date as event_date
    from transplants
    union all
    select
        person_id,
        'CART' as kind,
        case target when 'other' then 'other_target' else product end as ingredient,
        infusion_date as event_date
    from cell_therapies
    union all
    select
        person_id,
        'PD' as kind,
        cast(null as {{ dbt.type_string() }}) as ingredient,
        progression_date as event_date
    from progressions
    union all
    select
        person_id,
        'LINE' as kind,
        cast(null as {{ dbt.type_string() }}) as ingredient,
        line_start_date as event_date
    from abstracted_lines

),

doses_and_turns as (

    select
        rule_set,
        person_id,
        'DRUG' as kind,
        ingredient,
        start_date as event_date,
        end_date
    from exposures
    union all
    select
        line_rules.rule_set,
        turns.person_id,
        turns.kind,
        turns.ingredient,
        turns.event_date,
        turns.event_date as end_date
    from turns
    cross join line_rules
    where turns.kind != 'LINE' or line_rules.abstracted_opens = 1

),

counted_from as (

    select
        doses_and_turns.*,
        doses_and_turns.kind != 'DRUG'
        or coalesce(
            {{ days_between(
                'lag(event_date) over (partition by doses_and_turns.rule_set, doses_and_turns.person_id, kind, ingredient order by event_date)',
                'event_date'
            ) }} > least(line_rules.regimen_window_l1, line_rules.regimen_window_ln, line_rules.pd_gap_min_days),
            true
        ) as is_turning_point
    from doses_and_turns
    inner join line_rules on doses_and_turns.rule_set = line_rules.rule_set
    inner join patients on doses_and_turns.person_id = patients.person_id
    where
        doses_and_turns.kind = 'PD'
        or (
            doses_and_turns.event_date >= patients.myeloma_diagnosis_date - cast(line_rules.dx_lag_days as integer)
            and doses_and_turns.event_date <= coalesce(patients.death_date, doses_and_turns.event_date)
        )

),

turned as (

    select
        counted_from.*,
        max(case when is_turning_point then event_date end) over (
            partition by rule_set, person_id order by event_date
            range between unbounded preceding and current row
        ) as turning_point_date
    from counted_from

),

line_events as (

    select
        rule_set,
        person_id,
        kind,
        ingredient,
        min(event_date) as event_date,
        max(event_date) as last_date,
        max(end_date) as end_date
    from turned
    group by rule_set, person_id, kind, ingredient, turning_point_date

)

select * from line_events
