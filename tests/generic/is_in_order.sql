{#- where a row has both, its first value is not after its last; the failing row is named -#}
{% test is_in_order(model, first, last, row_columns) %}

with strays as (

    select
        cast({{ first }} as {{ dbt.type_string() }}) as first_value,
        cast({{ last }} as {{ dbt.type_string() }}) as last_value,
        {{ named_row(row_columns) }} as row_name
    from {{ model }}
    where {{ first }} > {{ last }}

)

select count(*) as stray_count
from strays
-- in the condition, so that no optimiser can leave the message out
having case when count(*) > 0 then {{ refuse(
        "'" ~ model.identifier ~ ": in the row with ' || min(row_name) || ', the " ~ first
        ~ " «' || min(first_value) || '» is after the " ~ last ~ " «' || min(last_value) || '»; correct the row'"
    ) }} is null else false end

{% endtest %}
