-- One row: the rule set of the clinical algorithms that this warehouse was built with.

with algorithm_parameters as (select * from {{ ref('algorithm_parameters') }}),

study_rule_set as (

    select distinct rule_set
    from algorithm_parameters
    where rule_set = '{{ var("rule_set") }}'

)

select * from study_rule_set
