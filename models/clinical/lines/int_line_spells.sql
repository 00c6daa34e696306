-- One row per rule set, person and spell of a core drug, transplant or CAR-T infusion.
-- Definition: doses of a drug that follow each other without any turning point between them are one spell: a turning
-- point is the first dose of a drug, its return after longer than a line could overlook, a transplant, an infusion, a
-- progression, or the first day of a registry's line where the rule set follows those (algorithms 2.3).
-- Limits: spells only shorten the count; single doses give the same lines.

with exposures as (

    select * from {{ ref('int_drug_exposures_by_role') }}
    where role = 'core'

),

line_rules as (select * from {{ ref('int_line_rules') }}),
procedures as (select * from {{ ref('int_line_procedures') }}),

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
    where procedures.kind != 'LINE' or line_rules.abstracted_opens = 1

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

line_spells as (

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

)

select * from line_spells
