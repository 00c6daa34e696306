{#- a positive number from a text: an id where OMOP asks for an integer; no text, no number. Of 52 bits (13 hexadecimal
    digits), which a double holds exactly, as R and JavaScript read numbers; 7 digits are below 2^31, R's integers. -#}
{% macro stable_number(text, digits=13) -%}
    {{ return(adapter.dispatch('stable_number')(text, digits)) }}
{%- endmacro %}

{% macro default__stable_number(text, digits) -%}
    cast('0x' || left(md5({{ text }}), {{ digits }}) as bigint)
{%- endmacro %}

{% macro spark__stable_number(text, digits) -%}
    cast(conv(left(md5({{ text }}), {{ digits }}), 16, 10) as bigint)
{%- endmacro %}
