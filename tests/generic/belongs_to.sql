{#- every row belongs to a row of another mart by columns that both have; a row in which one is NULL belongs to none and is left
    out. docs/core.md draws these. -#}
{% test belongs_to(model, to, columns) %}

select owned.{{ columns | join(', owned.') }}
from {{ model }} as owned
left join {{ to }} as owner
    on {% for column in columns %}owned.{{ column }} = owner.{{ column }}{% if not loop.last %} and {% endif %}{% endfor %}
where
    owner.{{ columns[0] }} is null
    and {% for column in columns %}owned.{{ column }} is not null{% if not loop.last %} and {% endif %}{% endfor %}

{% endtest %}
