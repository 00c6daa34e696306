{#- one number of algorithm_parameters under the rule set in force; NULL when the rule set leaves it open -#}
{% macro parameter(algorithm, name) -%}
    (
        select max(algorithm_parameters.value)
        from {{ ref('algorithm_parameters') }} as algorithm_parameters
        where
            algorithm_parameters.rule_set = '{{ var("rule_set") }}'
            and algorithm_parameters.algorithm = '{{ algorithm }}'
            and algorithm_parameters.parameter = '{{ name }}'
    )
{%- endmacro %}
