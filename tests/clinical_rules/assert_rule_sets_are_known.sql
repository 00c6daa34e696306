-- A rule set differs from the default only in parameters that the default has, and the one in force is among the rule
-- sets: a misspelt name would otherwise be passed over in silence. It stops the build before any model reads the rows.

with parameters as (

    select * from {{ ref('algorithm_parameters') }}

),

line_substitutions as (

    select * from {{ ref('line_substitutions') }}

),

unknown_parameters as (

    select
        'algorithm_parameters: rule set ' || parameters.rule_set || ' sets ' || parameters.parameter || ' of '
        || parameters.algorithm || ', which rule set default does not have; correct the row' as problem
    from parameters
    left join parameters as defaults
        on
            parameters.algorithm = defaults.algorithm
            and parameters.parameter = defaults.parameter
            and defaults.rule_set = 'default'
    where defaults.parameter is null

),

unknown_rule_set as (

    select
        'the variable rule_set is {{ var("rule_set") }}, which is not a rule set; there are: '
        || {{ sorted_distinct_concat('rule_sets.rule_set', ', ') }} as problem
    from (
        select rule_set from parameters
        union
        select rule_set from line_substitutions
    ) as rule_sets
    having sum(case when rule_sets.rule_set = '{{ var("rule_set") }}' then 1 else 0 end) = 0

),

problems as (

    select problem from unknown_parameters
    union all
    select problem from unknown_rule_set

)

select count(*) as problem_count
from problems
-- in the condition, so that no optimiser can leave the message out
having case when count(*) > 0 then {{ refuse('min(problem)') }} is null else false end
