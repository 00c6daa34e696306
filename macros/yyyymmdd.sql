{#- a date as the number yyyymmdd, in which a parameter can hold a day -#}
{% macro yyyymmdd(day) -%}
    (year({{ day }}) * 10000 + month({{ day }}) * 100 + day({{ day }}))
{%- endmacro %}
