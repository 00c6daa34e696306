{#- every value of a definition's column has one form, a pattern; what it is in words, and the row, are named -#}
{% test is_written_as(model, column_name, pattern, words, row_columns) %}

with strays as (

    select
        {{ column_name }} as stray_value,
        {% for column in row_columns -%}
        '{{ column }} ' || coalesce(cast({{ column }} as {{ dbt.type_string() }}), '(empty)')
        {%- if not loop.last %} || ', ' || {% endif %}
        {% endfor -%}
        as row_name
    from {{ model }}
    where regexp_extract({{ column_name }}, '^(?:{{ pattern }})$', 0) = ''

)

select count(*) as stray_count
from strays
-- in the condition, so that no optimiser can leave the message out
having case when count(*) > 0 then {{ refuse(
        "'" ~ model.identifier ~ ": in the row with ' || min(row_name) || ', the " ~ column_name
        ~ " «' || min(stray_value) || '» is not " ~ words ~ "; correct the row'"
    ) }} is null else false end

{% endtest %}
