{#- the distinct values of a group in one text, sorted, so that the same values always give the same text -#}
{% macro sorted_distinct_concat(expression, separator='+') -%}
    {{ return(adapter.dispatch('sorted_distinct_concat')(expression, separator)) }}
{%- endmacro %}

{% macro default__sorted_distinct_concat(expression, separator) -%}
    string_agg(distinct {{ expression }}, '{{ separator }}' order by {{ expression }})
{%- endmacro %}

{% macro spark__sorted_distinct_concat(expression, separator) -%}
    nullif(array_join(array_sort(collect_set({{ expression }})), '{{ separator }}'), '')
{%- endmacro %}
