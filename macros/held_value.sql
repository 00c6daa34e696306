{#- a value as it may become the nadir: itself or, with nadir_confirmed, what it and the value before it both reached
    (specification responses 4.3 rule 1; Kumar 2016); NULL when one of the two is not known -#}
{% macro held_value(value, earlier) -%}
    case
        when {{ parameter('responses', 'nadir_confirmed') }} = 0 then {{ value }}
        when {{ value }} is not null and {{ earlier }} is not null then greatest({{ value }}, {{ earlier }})
    end
{%- endmacro %}
