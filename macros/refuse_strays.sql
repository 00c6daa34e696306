{#- the row of a definition in words, by some of its columns: «cohort_id x, step 2» -#}
{% macro named_row(columns, relation='') -%}
    {%- for column in columns -%}
    '{{ column }} ' || coalesce(cast({{ relation }}{{ column }} as {{ dbt.type_string() }}), '(empty)')
    {%- if not loop.last %} || ', ' || {% endif %}
    {%- endfor -%}
{%- endmacro %}

{#- the test of a definition's column: where `condition` holds a value is refused, with its row and what is `said` of it, in SQL -#}
{% macro refuse_strays(model, column_name, condition, said, row_columns) %}

with strays as (

    select
        cast({{ column_name }} as {{ dbt.type_string() }}) as stray_value,
        {{ said }} as said,
        {{ named_row(row_columns) }} as row_name
    from {{ model }}
    where {{ condition }}

)

select count(*) as stray_count
from strays
-- in the condition, so that no optimiser can leave the message out
having case when count(*) > 0 then {{ refuse(
        "'" ~ model.identifier ~ ": in the row with ' || min(row_name) || ', the " ~ column_name
        ~ " «' || min(stray_value) || '» is ' || min(said) || '; correct the row'"
    ) }} is null else false end

{% endmacro %}
