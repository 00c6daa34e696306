{#- Rows of studies.patient_histories from one mart: what is not named is NULL. `kind` is a text, all else a column or an
    expression: name, detail, note, number, start_date, end_date, other_date, final_date. -#}
{% macro history_rows(relation, kind) -%}
    select distinct
        person_id,
        '{{ kind }}' as kind,
        {%- for column in ['name', 'detail', 'note'] %}
        cast({{ kwargs.get(column, 'null') }} as {{ dbt.type_string() }}) as {{ column }},
        {%- endfor %}
        cast({{ kwargs.get('number', 'null') }} as double) as number,
        {%- for column in ['start_date', 'end_date', 'other_date', 'final_date'] %}
        cast({{ kwargs.get(column, 'null') }} as date) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
{%- endmacro %}
