{#- the person's id in the marts. The one source without a name keeps its own ids, so that results join back to its
    CDM; persons of named sources get a number from the source's name and their id there, the same in every run. -#}
{% macro person_key(source_name, source_person_id) -%}
    case
        when {{ source_name }} = 'cdm' then {{ source_person_id }}
        else {{ stable_number(source_name ~ " || '|' || cast(" ~ source_person_id ~ " as " ~ dbt.type_string() ~ ")") }}
    end
{%- endmacro %}
