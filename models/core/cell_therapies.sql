-- One row per person and infusion of a CAR-T product, with the way to it: apheresis, bridging, lymphodepletion.
-- Definition: the infusions of int_cell_therapies_found; bridging is what int_line_steps took for it; an infusion at
-- most 180 days after one before it in the same line is a re-infusion (algorithms 2.3 and 2.4 m). Days from apheresis
-- to infusion are null when apheresis is imputed.
-- Limits: a bridging drug that continued from the line before is not bridging here.

with cell_therapies as (

    select cell_therapies.*
    from {{ ref('int_cell_therapies_found') }} as cell_therapies
    inner join {{ ref('int_patients_observed') }} as patients on cell_therapies.person_id = patients.person_id

),

steps as (

    select
        line_steps.person_id,
        line_steps.event_date,
        line_steps.kind,
        line_steps.action,
        lines_counted.line_number
    from {{ ref('int_line_steps') }} as line_steps
    inner join {{ ref('int_lines_counted') }} as lines_counted
        on
            line_steps.rule_set = lines_counted.rule_set
            and line_steps.person_id = lines_counted.person_id
            and line_steps.line_number = lines_counted.opened_line_number
    where line_steps.rule_set = '{{ var("rule_set") }}' and line_steps.kind = 'CART'

),

exposures as (

    select * from {{ ref('drug_exposures') }}
    where role = 'bridging'

),

bridging as (

    select
        cell_therapies.person_id,
        cell_therapies.infusion_date,
        min(exposures.start_date) as bridging_start_date,
        {{ sorted_distinct_concat('exposures.ingredient') }} as bridging_drugs
    from cell_therapies
    inner join exposures
        on
            cell_therapies.person_id = exposures.person_id
            and cell_therapies.apheresis_date <= exposures.start_date
            and cell_therapies.infusion_date > exposures.start_date
    group by 1, 2

),

placed as (

    select
        cell_therapies.person_id,
        cell_therapies.infusion_date,
        cell_therapies.product,
        cell_therapies.target,
        cell_therapies.apheresis_date,
        cell_therapies.is_apheresis_imputed,
        bridging.bridging_start_date,
        bridging.bridging_drugs,
        cell_therapies.lymphodepletion_start_date,
        case
            when not cell_therapies.is_apheresis_imputed
                then {{ days_between('cell_therapies.apheresis_date', 'cell_therapies.infusion_date') }}
        end as vein_to_vein_days,
        coalesce(steps.action = 'REINFUSION', false) as is_reinfusion,
        steps.line_number
    from cell_therapies
    left join steps
        on cell_therapies.person_id = steps.person_id and cell_therapies.infusion_date = steps.event_date
    left join bridging
        on
            cell_therapies.person_id = bridging.person_id
            and cell_therapies.infusion_date = bridging.infusion_date

)

select * from placed
