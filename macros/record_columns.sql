{#- The columns of int_screened_records in three parts, for the domains that have them under their regular names and for
    those that do not have them at all. -#}

{#- who, which record, and what its code says: every domain table names these columns after its domain -#}
{% macro coded_record(table, domain) -%}
        source_name,
        source_person_id,
        '{{ domain }}' as domain,
        {{ table }}_id as record_id,
        {{ domain }}_concept_id as concept_id,
        {{ domain }}_source_concept_id as source_concept_id,
        {{ domain }}_source_value as source_code,
        {{ 'cast(null as bigint)' if domain == 'visit' else domain ~ '_type_concept_id' }} as type_concept_id
{%- endmacro %}

{#- for a domain without results -#}
{% macro no_result() -%}
        cast(null as double) as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        cast(null as bigint) as value_concept_id,
        cast(null as bigint) as unit_concept_id,
        cast(null as {{ dbt.type_string() }}) as unit_text,
        cast(null as bigint) as operator_concept_id,
        cast(null as double) as range_low,
        cast(null as double) as range_high
{%- endmacro %}

{#- for a domain in which nothing is supplied -#}
{% macro no_supply() -%}
        cast(null as integer) as days_supply,
        cast(null as double) as quantity,
        cast(null as {{ dbt.type_string() }}) as route_text,
        cast(null as {{ dbt.type_string() }}) as stop_reason
{%- endmacro %}
