{#- The records of one OMOP table from all its sources, with the person's id in the marts in front; the id is made of two
    columns and costs nothing until it is read. -#}
{% macro records_of_all_sources(relations) -%}
    select
        {{ person_key('source_name', 'source_person_id') }} as person_id,
        records.*
    from (
        {%- for relation in relations %}
        select * from {{ relation }}
        {%- if not loop.last %} union all {%- endif %}
        {%- endfor %}
    ) as records
{%- endmacro %}
