{#- every value of a definition's column is a value of another table's column, in its rows that have the values of
    `of`; the failing rows are named -#}
{% test is_known(model, column_name, to, field, row_columns, of={}) %}

with definitions as (

    select * from {{ model }}

),

known as (

    select distinct {{ field }} as known_value
    from {{ to }}
    where true{% for column, value in of.items() %} and {{ column }} = '{{ value }}'{% endfor %}

),

strays as (

    select
        definitions.{{ column_name }} as stray_value,
        {{ named_row(row_columns, 'definitions.') }} as row_name
    from definitions
    left join known on definitions.{{ column_name }} = known.known_value
    where definitions.{{ column_name }} is not null and known.known_value is null

)

select count(*) as stray_count
from strays
-- in the condition, so that no optimiser can leave the message out
having case when count(*) > 0 then {{ refuse(
        "'" ~ model.identifier ~ ": in the row with ' || min(row_name) || ', the " ~ column_name
        ~ " «' || min(stray_value) || '» is not a " ~ field ~ " of " ~ to.identifier
        ~ "; correct the row (' || cast(count(*) as " ~ dbt.type_string() ~ ") || ' such rows in all)'"
    ) }} is null else false end

{% endtest %}
