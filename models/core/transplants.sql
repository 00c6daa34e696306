-- One row per person and stem cell transplant.
-- Definition: the transplants of int_transplants_found with what the line of therapy makes of them: is_tandem, a second
-- one at most 180 days after the first in the same line; is_salvage, a later one that is not tandem (algorithms 2.4).
-- Limits: a transplant before the diagnosis window of the lines has no line and a null there.

with transplants as (

    select transplants.*
    from {{ ref('int_transplants_found') }} as transplants
    inner join {{ ref('int_patients_observed') }} as patients on transplants.person_id = patients.person_id

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
    where line_steps.rule_set = '{{ var("rule_set") }}' and line_steps.kind in ('ASCT', 'ALLO')

),

placed as (

    select
        transplants.person_id,
        transplants.transplant_date,
        transplants.kind,
        steps.action = 'TANDEM_ASCT' as is_tandem,
        transplants.kind = 'autologous'
        and row_number()
            over (partition by transplants.person_id, transplants.kind order by transplants.transplant_date)
        > 1
        and coalesce(steps.action != 'TANDEM_ASCT', true) as is_salvage,
        steps.line_number
    from transplants
    left join steps
        on
            transplants.person_id = steps.person_id
            and transplants.transplant_date = steps.event_date
            and transplants.kind = case steps.kind when 'ALLO' then 'allogeneic' else 'autologous' end

)

select * from placed
