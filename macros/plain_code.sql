{#- a code as it is compared: upper case, no dots, no blanks around it -#}
{% macro plain_code(code) -%}
    replace(upper(trim({{ code }})), '.', '')
{%- endmacro %}
