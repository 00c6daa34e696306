{#- every value of a definition's column is one of a short list; the failing rows are named -#}
{% test is_one_of(model, column_name, values, row_columns) %}

with strays as (

    select
        {{ column_name }} as stray_value,
        {% for column in row_columns -%}
        '{{ column }} ' || coalesce(cast({{ column }} as {{ dbt.type_string() }}), '(empty)')
        {%- if not loop.last %} || ', ' || {% endif %}
        {% endfor -%}
        as row_name
    from {{ model }}
    where {{ column_name }} not in ('{{ values | join("', '") }}')

)

select count(*) as stray_count
from strays
-- in the condition, so that no optimiser can leave the message out
having case when count(*) > 0 then {{ refuse(
        "'" ~ model.identifier ~ ": in the row with ' || min(row_name) || ', the " ~ column_name
        ~ " «' || min(stray_value) || '» is none of " ~ (values | join(', ')) ~ "; correct the row'"
    ) }} is null else false end

{% endtest %}
