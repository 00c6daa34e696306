{#- one number of algorithm_parameters under the rule set in force: its own row, else that of the default rule set;
    NULL when the row leaves the value open -#}
{% macro parameter(algorithm, name) -%}
    (
        select
            case
                when count(case when algorithm_parameters.rule_set = '{{ var("rule_set") }}' then 1 end) > 0
                    then max(case when algorithm_parameters.rule_set = '{{ var("rule_set") }}' then algorithm_parameters.value end)
                else max(case when algorithm_parameters.rule_set = 'default' then algorithm_parameters.value end)
            end
        from {{ ref('algorithm_parameters') }} as algorithm_parameters
        where
            algorithm_parameters.algorithm = '{{ algorithm }}'
            and algorithm_parameters.parameter = '{{ name }}'
    )
{%- endmacro %}
