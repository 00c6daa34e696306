{#- Wide columns become the narrow rows that studies see. A relation is a table or a CTE with person_id; columns are named by
    what they become; where the name of a row is not that of its column, a mapping says so: {'ecog_group': 'ecog'}. -#}

{#- Rows of core.characteristics: person_id, name, value_number, value_text, valid_from_date.
    numbers: columns of numbers and flags (true is 1, false 0); texts: columns of texts; a name may be in both.
    valid_from: the day from which the values hold; without it there is no row. named: the name of the row, an expression.
    keeps_unknown: a NULL is a row too, which ends the value before it. keys: the columns that stand before the name. -#}
{% macro characteristic_rows(relation, numbers=[], texts=[], valid_from='valid_from_date', named='names.name', keeps_unknown=false, keys=['person_id']) -%}
    {%- set names = (numbers | list + texts | list) | unique -%}
    select
        {{ keys | join(', ') }},
        name,
        value_number,
        value_text,
        valid_from_date
    from (
        select
            {{ keys | join(', ') }},
            {{ named }} as name,
            {{ value_by_name(numbers, 'double') }} as value_number,
            {{ value_by_name(texts, dbt.type_string()) }} as value_text,
            {{ valid_from }} as valid_from_date
        from {{ relation }}
        cross join (values {% for name in names %}('{{ name }}'){{ ', ' if not loop.last }}{% endfor %}) as names (name)
    ) as named_values
    where valid_from_date is not null{{ '' if keeps_unknown else ' and (value_number is not null or value_text is not null)' }}
{%- endmacro %}

{#- Rows of core.clinical_events that derive from marts: each column of days is an event of that name; without a day there is
    none. value: an expression that every event of the relation carries. Events of one relation are told apart once. -#}
{% macro event_rows(relation, event_type, days, value='null') -%}
    select distinct
        person_id,
        event_date,
        event_date as end_date,
        '{{ event_type }}' as event_type,
        event_code,
        value,
        cast(null as {{ dbt.type_string() }}) as unit
    from (
        select
            person_id,
            names.name as event_code,
            {{ value_by_name(days, 'date') }} as event_date,
            cast({{ value }} as double) as value
        from {{ relation }}
        cross join (values {% for name in days %}('{{ name }}'){{ ', ' if not loop.last }}{% endfor %}) as names (name)
    ) as named_days
    where event_date is not null
{%- endmacro %}

{#- the column that belongs to names.name, as one type -#}
{% macro value_by_name(columns, type) -%}
    cast(
        {%- if columns %}
        case names.name
            {%- for name in columns %}
            when '{{ name }}' then cast({{ columns[name] if columns is mapping else name }} as {{ type }})
            {%- endfor %}
        end
        {%- else %} null {%- endif %} as {{ type }})
{%- endmacro %}
