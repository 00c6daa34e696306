{#- a claim is true of every row; a row for which it is unknown fails too -#}
{% test holds(model, claim) %}

select *
from {{ model }}
where not coalesce({{ claim }}, false)

{% endtest %}
