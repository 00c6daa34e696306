{#- every name in these columns, alone or several with semicolons, is defined by the same study; the row is named -#}
{% test names_of_its_study(model, row_column, names) %}

with definitions as (

    select * from {{ model }}

),

counted as (

    {% for name in names -%}
    select
        definitions.{{ row_column }} as row_name,
        '{{ name.column }} «' || definitions.{{ name.column }} || '»' as named,
        length(definitions.{{ name.column }}) - length(replace(definitions.{{ name.column }}, ';', '')) + 1 as name_count,
        count(distinct known.{{ name.field }}) as known_count
    from definitions
    left join {{ ref(name.to) }} as known
        on
            definitions.study_id = known.study_id
            and instr(';' || definitions.{{ name.column }} || ';', ';' || known.{{ name.field }} || ';') > 0
    where definitions.{{ name.column }} is not null
    group by 1, 2, 3
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

strays as (

    select * from counted
    where known_count < name_count

)

select count(*) as stray_count
from strays
-- in the condition, so that no optimiser can leave the message out
having case when count(*) > 0 then {{ refuse(
        "'" ~ model.identifier ~ ": in the row with " ~ row_column ~ " ' || min(row_name) || ', the ' || min(named)"
        ~ " || ' has a name twice or one that its study does not define; correct the row (' || cast(count(*) as "
        ~ dbt.type_string() ~ ") || ' such rows in all)'"
    ) }} is null else false end

{% endtest %}
