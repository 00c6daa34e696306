{#- months of 365/12 days from one date to another, in doubles: Spark's decimals would round them -#}
{% macro months_between(from_date, to_date) -%}
    cast({{ days_between(from_date, to_date) }} * 12 as double) / 365
{%- endmacro %}
