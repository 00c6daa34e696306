-- One row per person and stem cell transplant.
-- Definition: the transplants of int_transplants_found with what the line of therapy makes of them: is_tandem, a second
-- one at most 180 days (tandem_days) after the one before in the same line; is_salvage, a later one that is not tandem
-- (specification lines 2.4, Rajkumar 2015). A rule set that opens no line for a transplant tells a tandem by the days
-- alone. is_assumed: no code states the transplant, or none whose cells they were (specification procedures 2.3).
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

line_rules as (select * from {{ ref('int_line_rules') }} where rule_set = '{{ var("rule_set") }}'),

transplants_in_lines as (

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

transplants_compared as (

    select
        transplants_in_lines.*,
        case
            when transplants_in_lines.line_number is null then null
            when transplants_in_lines.action = 'TRANSPLANT'
                then
                    transplants_in_lines.kind = 'autologous'
                    and coalesce(
                        transplants_in_lines.line_number = transplants_in_lines.previous_line_number
                        and {{ days_between('transplants_in_lines.previous_date', 'transplants_in_lines.transplant_date') }}
                        <= line_rules.tandem_days,
                        false
                    )
            else transplants_in_lines.action = 'TANDEM_ASCT'
        end as is_tandem
    from transplants_in_lines
    cross join line_rules

),

transplants_told as (

    select
        person_id,
        transplant_date,
        kind,
        is_assumed,
        is_tandem,
        kind = 'autologous' and previous_date is not null and not coalesce(is_tandem, false) as is_salvage,
        line_number
    from transplants_compared

)

select * from transplants_told
