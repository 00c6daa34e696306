-- One row per person and line of therapy, under the rule set in force.

with lines_by_rule_set as (select * from {{ ref('lines_of_therapy_by_rule_set') }}),

lines_of_therapy as (

    select * from lines_by_rule_set
    where rule_set = '{{ var("rule_set") }}'

)

select * from lines_of_therapy
