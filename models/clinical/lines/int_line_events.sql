-- One row per rule set, person and treatment event: a spell of a core drug, a transplant or a CAR-T infusion.
-- Definition: what the lines of therapy are counted from (algorithms 2.3), from shortly before the diagnosis to death.
-- bridged_infusion_date: the infusion that a spell would bridge to, for it begins between apheresis and
-- lymphodepletion. is_with_steroid: a steroid began within 30 days of the spell; null where none was ever recorded.
-- Limits: a steroid that runs on through a change of drugs does not count as one that began with it.

with spells as (select * from {{ ref('int_line_spells') }}),
line_rules as (select * from {{ ref('int_line_rules') }}),
patients as (select * from {{ ref('int_myeloma_patients') }}),
cell_therapies as (select * from {{ ref('int_cell_therapies_found') }}),

steroids as (

    select distinct
        person_id,
        start_date
    from {{ ref('int_drug_exposures_deduplicated') }}
    where usual_role = 'steroid'

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

steroid_persons as (

    select distinct person_id from steroids

),

accompanied as (

    select distinct
        spells.rule_set,
        spells.person_id,
        spells.event_date
    from spells
    inner join line_rules on spells.rule_set = line_rules.rule_set
    inner join steroids
        on
            spells.person_id = steroids.person_id
            and abs({{ days_between('spells.event_date', 'steroids.start_date') }}) <= line_rules.steroid_seen_days
    where spells.kind = 'DRUG'

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
        bridged.bridged_infusion_date,
        case
            when spells.kind = 'DRUG' and steroid_persons.person_id is not null then accompanied.person_id is not null
        end as is_with_steroid
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
    left join steroid_persons on spells.person_id = steroid_persons.person_id
    left join accompanied
        on
            spells.kind = 'DRUG'
            and spells.rule_set = accompanied.rule_set
            and spells.person_id = accompanied.person_id
            and spells.event_date = accompanied.event_date
    where
        spells.event_date >= patients.myeloma_diagnosis_date - cast(line_rules.dx_lag_days as integer)
        and spells.event_date <= coalesce(patients.death_date, spells.event_date)

)

select * from line_events
