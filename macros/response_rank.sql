{#- the rank of a response in response_categories, from progression (0) to stringent complete -#}
{% macro response_rank(response) -%}
    (
        select max(response_categories.response_rank)
        from {{ ref('response_categories') }} as response_categories
        where response_categories.response = '{{ response }}'
    )
{%- endmacro %}
