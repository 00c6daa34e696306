{#- a whole row of a relation as one JSON object, so that its reader sees columns that were added later; NULL stays null -#}
{% macro row_as_json(relation) -%}
    {{ return(adapter.dispatch('row_as_json')(relation)) }}
{%- endmacro %}

{% macro default__row_as_json(relation) -%}
    to_json({{ relation }})
{%- endmacro %}

{% macro spark__row_as_json(relation) -%}
    to_json(struct({{ relation }}.*), map('ignoreNullFields', 'false'))
{%- endmacro %}
