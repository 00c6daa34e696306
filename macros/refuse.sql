{#- stops the query with a message of our own: a failing test then says which row is wrong, not only how many -#}
{% macro refuse(message) -%}
    {{ return(adapter.dispatch('refuse')(message)) }}
{%- endmacro %}

{% macro default__refuse(message) -%}
    error({{ message }})
{%- endmacro %}

{% macro spark__refuse(message) -%}
    raise_error({{ message }})
{%- endmacro %}
