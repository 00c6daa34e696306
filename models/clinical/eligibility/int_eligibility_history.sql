-- One row per person and day on which something changes that a label may ask for, with all of it from that day on.
-- Definition: history strictly before the index date (specification eligibility 10.1): a dose or a line holds from the
-- next day. Prior lines are counted under the rule set in force and, beside it, under imwg_strict; refractoriness to
-- lenalidomide at both levels of evidence (specification refractoriness 3.2). The diagnosis is such a day too, so that
-- who was never treated is answered. Of the line begun last it is known whether the myeloma was refractory to it.
-- Limits: of who was treated before the data begin (patients.is_left_truncated) lines and exposures are lower bounds.

with patients as (select * from {{ ref('int_myeloma_patients') }}),

lines_by_rule_set as (

    select * from {{ ref('lines_of_therapy_by_rule_set') }}
    where rule_set in ('{{ var("rule_set") }}', 'imwg_strict')

),

exposures as (

    select * from {{ ref('int_treatment_exposures') }}
    where name in ('imid', 'pi', 'anti_cd38')

),

lenalidomide_states as (

    select * from {{ ref('int_refractory_states') }}
    where state = 'lenalidomide'

),

last_lines as (

    select * from {{ ref('int_refractory_characteristics') }}
    where name = 'is_refractory_last_line'

),

facts as (

    select
        person_id,
        'diagnosis' as fact,
        1 as value,
        myeloma_diagnosis_date as valid_from_date
    from patients
    union all
    select
        person_id,
        'lines_' || rule_set as fact,
        line_number as value,
        line_index_date + 1 as valid_from_date
    from lines_by_rule_set
    union all
    select
        person_id,
        'exposed_' || name as fact,
        1 as value,
        exposed_date + 1 as valid_from_date
    from exposures
    union all
    select
        person_id,
        'refractory_' || level as fact,
        1 as value,
        known_date as valid_from_date
    from lenalidomide_states

),

days as (

    select
        person_id,
        valid_from_date
    from facts
    union
    select
        person_id,
        valid_from_date
    from last_lines

),

held as (

    select
        days.person_id,
        days.valid_from_date,
        coalesce(max(case when facts.fact = 'lines_{{ var("rule_set") }}' then facts.value end), 0) as prior_lines,
        coalesce(max(case when facts.fact = 'lines_imwg_strict' then facts.value end), 0)
            as prior_lines_imwg_strict,
        coalesce(bool_or(facts.fact = 'exposed_imid'), false) as is_exposed_imid,
        coalesce(bool_or(facts.fact = 'exposed_pi'), false) as is_exposed_pi,
        coalesce(bool_or(facts.fact = 'exposed_anti_cd38'), false) as is_exposed_anti_cd38,
        coalesce(bool_or(facts.fact = 'refractory_primary'), false) as is_lenalidomide_refractory,
        coalesce(bool_or(facts.fact = 'refractory_confirmed'), false)
            as is_lenalidomide_refractory_confirmed
    from days
    left join facts on days.person_id = facts.person_id and days.valid_from_date >= facts.valid_from_date
    group by 1, 2

),

last_line_states as (

    select
        held.person_id,
        held.valid_from_date,
        last_lines.value_number,
        row_number() over (
            partition by held.person_id, held.valid_from_date
            order by last_lines.valid_from_date desc, last_lines.value_number desc
        ) as recency
    from held
    inner join last_lines
        on held.person_id = last_lines.person_id and held.valid_from_date >= last_lines.valid_from_date

),

eligibility_history as (

    select
        held.*,
        patients.death_date,
        coalesce(last_line_states.value_number = 1, false) as is_refractory_last_line
    from held
    inner join patients on held.person_id = patients.person_id
    left join last_line_states
        on
            held.person_id = last_line_states.person_id
            and held.valid_from_date = last_line_states.valid_from_date
            and last_line_states.recency = 1

)

select * from eligibility_history
