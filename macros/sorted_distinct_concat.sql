{#- the distinct values of a group in one text, sorted, so that the same values always give the same text -#}
{% macro sorted_distinct_concat(expression, separator='+') -%}
    {{ return(adapter.dispatch('sorted_distinct_concat')(expression, separator)) }}
{%- endmacro %}

{#- lists, for string_agg with distinct and order takes more than twice as long in small groups -#}
{% macro default__sorted_distinct_concat(expression, separator) -%}
    array_to_string(
        list_sort(list_distinct(list({{ expression }}) filter (where ({{ expression }}) is not null))), '{{ separator }}'
    )
{%- endmacro %}

{% macro spark__sorted_distinct_concat(expression, separator) -%}
    nullif(array_join(array_sort(collect_set({{ expression }})), '{{ separator }}'), '')
{%- endmacro %}
