{#- the columns of meta.grain tell every row of the model from every other, and none of them is NULL but those of
    `nullable` (an anchor that only some rows have). sample: a condition that leaves some of the rows, for a table whose
    keys were counted before. -#}
{% test grain(model, nullable=[], sample='true') %}

{%- set found = [] -%}
{%- for node in graph.get('nodes', {}).values() if node.resource_type == 'model' and node.schema == model.schema and node.alias == model.identifier -%}
    {%- do found.extend(node.config.meta.get('grain', [])) -%}
{%- endfor -%}
{%- if execute and not found %}{{ exceptions.raise_compiler_error(model.identifier ~ ": the model states no meta.grain") }}{% endif %}
{%- set columns = found or ['null'] %}

select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ model }}
where {{ sample }}
group by {{ columns | join(', ') }}
having count(*) > 1 or {{ columns | reject('in', nullable) | join(' is null or ') }} is null

{% endtest %}
