-- One row per person, fact that a label may ask for and day from which it holds.
-- Definition: algorithms 10.1. Prior lines are counted under the rule set in force and, beside it, under imwg_strict;
-- refractoriness to lenalidomide at both levels of evidence (algorithms 3.2). A dose or a line holds from the next day.

with lines_by_rule_set as (

    select * from {{ ref('lines_of_therapy_by_rule_set') }}
    where rule_set in ('{{ var("rule_set") }}', 'imwg_strict')

),

exposures as (

    select * from {{ ref('int_treatment_exposures') }}
    where name in ('imid', 'pi', 'anti_cd38')

),

states as (

    select * from {{ ref('int_refractory_states') }}
    where state = 'lenalidomide'

),

eligibility_facts as (

    select
        person_id,
        'prior_lines' as fact,
        line_number as value,
        line_index_date + 1 as valid_from_date
    from lines_by_rule_set
    where rule_set = '{{ var("rule_set") }}'
    union all
    select
        person_id,
        'prior_lines_imwg_strict' as fact,
        line_number as value,
        line_index_date + 1 as valid_from_date
    from lines_by_rule_set
    where rule_set = 'imwg_strict'
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
        'lenalidomide_refractory_' || level as fact,
        1 as value,
        known_date as valid_from_date
    from states

)

select * from eligibility_facts
