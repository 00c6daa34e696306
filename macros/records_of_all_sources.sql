{#- The rows of several relations of the same columns. -#}
{% macro rows_of_all(relations) -%}
    {%- for relation in relations %}
    select * from {{ relation }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}

{#- The records of one OMOP table from all its sources, with the person's id in the marts in front; the id is made of two
    columns and costs nothing until it is read. -#}
{% macro records_of_all_sources(relations) -%}
    select
        {{ person_key('source_name', 'source_person_id') }} as person_id,
        records.*
    from ({{ rows_of_all(relations) }}) as records
{%- endmacro %}
