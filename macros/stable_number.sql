{#- a positive 60-bit number from a text: an id where OMOP asks for an integer; no text, no number -#}
{% macro stable_number(text) -%}
    {{ return(adapter.dispatch('stable_number')(text)) }}
{%- endmacro %}

{% macro default__stable_number(text) -%}
    cast('0x' || left(md5({{ text }}), 15) as bigint)
{%- endmacro %}

{% macro spark__stable_number(text) -%}
    cast(conv(left(md5({{ text }}), 15), 16, 10) as bigint)
{%- endmacro %}
