{#- the landed rows of one table, of a CDM or of a TriNetX export; both engines read the same folder of Parquet files -#}
{% macro landed(table, source_kind='cdm') -%}
    {{ return(adapter.dispatch('landed')(table, source_kind)) }}
{%- endmacro %}

{% macro default__landed(table, source_kind) -%}
    {{ source(source_kind, table) | string | replace('<landing>', landing_path() | replace("'", "''")) }}
{%- endmacro %}

{% macro spark__landed(table, source_kind) -%}
    {%- do source(source_kind, table) -%}
    parquet.`{{ env_var('MYELOMART_LANDING', 'landing') }}/{{ table }}`
{%- endmacro %}

{#- Where the landing stands, with no sign that a pattern would read. It differs from build to build, so it is asked for when a model
    runs: asked for when the project is read, every build would read the project anew. -#}
{% macro landing_path() -%}
    {%- set path = env_var('MYELOMART_LANDING', 'landing') if execute else '' -%}
    {{ return(path | replace("[", "[[]") | replace("*", "[*]") | replace("?", "[?]")) }}
{%- endmacro %}
