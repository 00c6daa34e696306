{#- lies a number of days within a window whose ends may be open (NULL)? -#}
{% macro lies_in_window(days, first_day, last_day) -%}
    ({{ first_day }} is null or {{ days }} >= {{ first_day }}) and ({{ last_day }} is null or {{ days }} <= {{ last_day }})
{%- endmacro %}
