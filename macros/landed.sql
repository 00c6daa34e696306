{#- the landed rows of one CDM table; both engines read the same folder of Parquet files -#}
{% macro landed(table) -%}
    {{ return(adapter.dispatch('landed')(table)) }}
{%- endmacro %}

{% macro default__landed(table) -%}
    {{ source('cdm', table) }}
{%- endmacro %}

{% macro spark__landed(table) -%}
    {%- do source('cdm', table) -%}
    parquet.`{{ env_var('MYELOMART_LANDING', 'landing') }}/{{ table }}`
{%- endmacro %}
