{#- the landed rows of one table, of a CDM or of a TriNetX export; both engines read the same folder of Parquet files -#}
{% macro landed(table, source_kind='cdm') -%}
    {{ return(adapter.dispatch('landed')(table, source_kind)) }}
{%- endmacro %}

{% macro default__landed(table, source_kind) -%}
    {{ source(source_kind, table) }}
{%- endmacro %}

{% macro spark__landed(table, source_kind) -%}
    {%- do source(source_kind, table) -%}
    parquet.`{{ env_var('MYELOMART_LANDING', 'landing') }}/{{ table }}`
{%- endmacro %}
