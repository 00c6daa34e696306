-- One row per person and stem cell transplant.
-- Definition: the transplants of int_transplants_found with what the line of therapy makes of them: is_tandem, a second
-- one at most 180 days (tandem_days) after the one before in the same line; is_salvage, a later one that is not tandem
-- (algorithms 2.4). A rule set that opens no line for a transplant tells a tandem by the days alone.
-- Limits: a transplant before the diagnosis window of the lines has no line and a null there.

with transplants as (

    select transplants.*
    from {{ ref('int_transplants_found') }} as transplants
    inner join {{ ref('int_myeloma_patients') }} as patients on transplants.person_id = patients.person_id

),

steps as (

    select * from {{ ref('int_steps_counted') }}
    where rule_set = '{{ var("rule_set") }}' and kind in ('ASCT', 'ALLO')

),

line_rules as (

    select * from {{ ref('int_line_rules') }}
    where rule_set = '{{ var("rule_set") }}'

),

stepped as (

    select
        transplants.*,
        steps.action,
        steps.line_number,
        lag(transplants.transplant_date)
            over (partition by transplants.person_id, transplants.kind order by transplants.transplant_date)
            as previous_date,
        lag(steps.line_number)
            over (partition by transplants.person_id, transplants.kind order by transplants.transplant_date)
            as previous_line_number
    from transplants
    left join steps
        on
            transplants.person_id = steps.person_id
            and transplants.transplant_date = steps.event_date
            and transplants.kind = case steps.kind when 'ALLO' then 'allogeneic' else 'autologous' end

),

judged as (

    select
        stepped.*,
        case
            when stepped.line_number is null then null
            when stepped.action = 'TRANSPLANT'
                then
                    stepped.kind = 'autologous'
                    and coalesce(
                        stepped.line_number = stepped.previous_line_number
                        and {{ days_between('stepped.previous_date', 'stepped.transplant_date') }}
                        <= line_rules.tandem_days,
                        false
                    )
            else stepped.action = 'TANDEM_ASCT'
        end as is_tandem
    from stepped
    cross join line_rules

),

placed as (

    select
        person_id,
        transplant_date,
        kind,
        is_tandem,
        kind = 'autologous' and previous_date is not null and not coalesce(is_tandem, false) as is_salvage,
        line_number
    from judged

)

select * from placed
