{#- the first value that is not NULL in a window -#}
{% macro first_known(expression, window) -%}
    {{ return(adapter.dispatch('first_known')(expression, window)) }}
{%- endmacro %}

{% macro default__first_known(expression, window) -%}
    first_value({{ expression }} ignore nulls) over ({{ window }})
{%- endmacro %}

{% macro spark__first_known(expression, window) -%}
    first_value({{ expression }}) ignore nulls over ({{ window }})
{%- endmacro %}
