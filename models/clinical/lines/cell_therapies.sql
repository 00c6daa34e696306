-- One row per person and infusion of a CAR-T product, with the way to it: apheresis, bridging, lymphodepletion.
-- Definition: the infusions of int_cell_therapies_found; bridging is what the state machine took for it;
-- continued_drugs are those of the line before that went on between apheresis and lymphodepletion, which stay in that
-- line; an infusion at most 180 days after one before it in the same line is a re-infusion (specification procedures
-- 2.3 and specification lines 2.4 m). Days from apheresis to infusion are null when apheresis is imputed.

with cell_therapies as (

    select cell_therapies.*
    from {{ ref('int_cell_therapies_found') }} as cell_therapies
    inner join {{ ref('int_myeloma_patients') }} as patients on cell_therapies.person_id = patients.person_id

),

steps as (select * from {{ ref('int_steps_counted') }} where rule_set = '{{ var("rule_set") }}' and kind = 'CART'),

doses as (

    select * from {{ ref('int_line_doses') }}
    where rule_set = '{{ var("rule_set") }}' and role in ('bridging', 'core')

),

doses_on_the_way as (

    select
        cell_therapies.person_id,
        cell_therapies.infusion_date,
        min(case when doses.role = 'bridging' then doses.start_date end) as bridging_start_date,
        {{ sorted_distinct_concat("case when doses.role = 'bridging' then doses.ingredient end") }}
            as bridging_drugs,
        {{ sorted_distinct_concat("case when doses.role = 'core' then doses.ingredient end") }}
            as continued_drugs
    from cell_therapies
    inner join doses
        on
            cell_therapies.person_id = doses.person_id
            and cell_therapies.apheresis_date <= doses.start_date
            and coalesce(cell_therapies.lymphodepletion_start_date, cell_therapies.infusion_date) > doses.start_date
    group by 1, 2

),

cell_therapies_in_lines as (

    select
        cell_therapies.person_id,
        cell_therapies.infusion_date,
        cell_therapies.product,
        cell_therapies.target,
        cell_therapies.apheresis_date,
        cell_therapies.is_apheresis_imputed,
        doses_on_the_way.bridging_start_date,
        doses_on_the_way.bridging_drugs,
        doses_on_the_way.continued_drugs,
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
    left join doses_on_the_way
        on
            cell_therapies.person_id = doses_on_the_way.person_id
            and cell_therapies.infusion_date = doses_on_the_way.infusion_date

)

select * from cell_therapies_in_lines
