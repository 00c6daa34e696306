-- One row per rule set, person and treatment event: a spell of a core drug, a transplant or a CAR-T infusion.
-- Definition: what the lines of therapy are counted from (algorithms 2.3). Doses of a drug that follow each other
-- without any turning point between them are one spell: a turning point is the first dose of a drug, its return after
-- longer than a line could overlook, a transplant, an infusion or a progression. A spell says which infusion it would
-- bridge to: it begins between apheresis and lymphodepletion.
-- Limits: spells only shorten the count; single doses give the same lines.

with exposures as (

    select * from {{ ref('int_drug_exposures_by_role') }}
    where role = 'core'

),

line_rules as (

    select * from {{ ref('int_line_rules') }}

),

patients as (

    select * from {{ ref('int_patients_observed') }}

),

transplants as (

    select * from {{ ref('int_transplants_found') }}

),

cell_therapies as (

    select * from {{ ref('int_cell_therapies_found') }}

),

progressions as (

    select distinct
        person_id,
        progression_date
    from {{ ref('int_progression_dates') }}

),

doses as (

    select
        exposures.rule_set,
        exposures.person_id,
        'DRUG' as kind,
        exposures.ingredient,
        exposures.start_date as event_date,
        exposures.end_date,
        coalesce(
            {{ days_between(
                'lag(exposures.start_date) over (partition by exposures.rule_set, exposures.person_id, exposures.ingredient order by exposures.start_date)',
                'exposures.start_date'
            ) }} > least(line_rules.regimen_window_l1, line_rules.regimen_window_ln, line_rules.pd_gap_min_days),
            true
        ) as is_turning_point
    from exposures
    inner join line_rules on exposures.rule_set = line_rules.rule_set

),

procedures as (

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
        product as ingredient,
        infusion_date as event_date
    from cell_therapies
    union all
    select
        person_id,
        'PD' as kind,
        cast(null as {{ dbt.type_string() }}) as ingredient,
        progression_date as event_date
    from progressions

),

everything as (

    select * from doses
    union all
    select
        line_rules.rule_set,
        procedures.person_id,
        procedures.kind,
        procedures.ingredient,
        procedures.event_date,
        procedures.event_date as end_date,
        true as is_turning_point
    from procedures
    cross join line_rules

),

placed as (

    select
        everything.*,
        max(case when is_turning_point then event_date end) over (
            partition by rule_set, person_id order by event_date
            range between unbounded preceding and current row
        ) as turning_point_date
    from everything

),

spells as (

    select
        rule_set,
        person_id,
        kind,
        ingredient,
        turning_point_date,
        min(event_date) as event_date,
        max(event_date) as last_date,
        max(end_date) as end_date
    from placed
    where kind != 'PD'
    group by 1, 2, 3, 4, 5

),

bridged as (

    select
        spells.person_id,
        spells.rule_set,
        spells.ingredient,
        spells.event_date,
        min(cell_therapies.infusion_date) as bridged_infusion_date
    from spells
    inner join cell_therapies
        on
            spells.person_id = cell_therapies.person_id
            and spells.event_date >= cell_therapies.apheresis_date
            and spells.event_date < coalesce(cell_therapies.lymphodepletion_start_date, cell_therapies.infusion_date)
    where spells.kind = 'DRUG'
    group by 1, 2, 3, 4

),

line_events as (

    select
        spells.rule_set,
        spells.person_id,
        spells.event_date,
        spells.kind,
        spells.ingredient,
        spells.last_date,
        spells.end_date,
        bridged.bridged_infusion_date
    from spells
    inner join line_rules on spells.rule_set = line_rules.rule_set
    inner join patients on spells.person_id = patients.person_id
    left join bridged
        on
            spells.kind = 'DRUG'
            and spells.rule_set = bridged.rule_set
            and spells.person_id = bridged.person_id
            and spells.ingredient = bridged.ingredient
            and spells.event_date = bridged.event_date
    where
        spells.event_date >= patients.myeloma_diagnosis_date - cast(line_rules.dx_lag_days as integer)
        and spells.event_date <= coalesce(patients.death_date, spells.event_date)

)

select * from line_events
