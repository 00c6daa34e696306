-- One row per rule set, person, line and drug given in it.
-- Definition: is_bridging, given on the way to an infusion; is_added, joined after the regimen window by plan,
-- permitted substitution or a rule of the rule set, so no part of the regimen's name (algorithms 2.4 d to f).

with steps as (

    select * from {{ ref('int_line_steps') }}
    where kind = 'DRUG'

),

marked as (

    select
        steps.*,
        action = 'BRIDGING' or coalesce(event_date < line_infusion_date, false) as is_bridging,
        action in (
            'PLANNED_POST_ASCT', 'SUBSTITUTION', 'CONSOLIDATION',
            'PLANNED_MAINTENANCE', 'PRE_TRANSPLANT_CHANGE', 'UNPROGRESSED_CHANGE'
        ) as is_added
    from steps

),

line_drugs as (

    select
        rule_set,
        person_id,
        line_number,
        ingredient,
        is_bridging,
        bool_or(is_added) as is_added,
        min(event_date) as first_date
    from marked
    group by 1, 2, 3, 4, 5

)

select * from line_drugs
