-- The rule set in force (var rule_set) is one of algorithm_parameters: a name misspelt would build everything by default.

with algorithm_parameters as (

    select * from {{ ref('algorithm_parameters') }}

)

select '{{ var("rule_set") }}' as rule_set_without_rows
from algorithm_parameters
having count(case when rule_set = '{{ var("rule_set") }}' then 1 end) = 0
