{#- the columns of meta.grain tell every row of the model from every other, and none of them is NULL but those of
    `nullable` (an anchor that only some rows have). sample: a condition that leaves some of the rows, for a table whose
    keys were counted before. One number for each row is counted first, which takes half the time of its columns; rows of
    the same number are then told apart by their columns. -#}
{% test grain(model, nullable=[], sample='true') %}

{%- set found = [] -%}
{%- for node in graph.get('nodes', {}).values() if node.resource_type == 'model' and node.schema == model.schema and node.alias == model.identifier -%}
    {%- do found.extend(node.config.meta.get('grain', [])) -%}
{%- endfor -%}
{%- if execute and not found %}{{ exceptions.raise_compiler_error(model.identifier ~ ": the model states no meta.grain") }}{% endif %}
{%- set columns = found or ['null'] -%}
{%- set is_null = (columns | reject('in', nullable) | join(' is null or ')) ~ ' is null' %}

with repeated_hashes as (

    select {{ row_hash(columns) }} as grain_hash
    from {{ model }}
    where {{ sample }}
    group by 1
    having count(*) > 1

)

select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ model }}
where ({{ sample }}) and ({{ row_hash(columns) }} in (select grain_hash from repeated_hashes) or {{ is_null }})
group by {{ columns | join(', ') }}
having count(*) > 1 or {{ is_null }}

{% endtest %}
