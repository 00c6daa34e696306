{#- is a value at most a share (a parameter of 'responses') of its baseline? Rounded, so that half of 4.0 is 2.0 -#}
{% macro is_at_most_share(value, baseline, share) -%}
    round({{ value }} - {{ baseline }} * {{ parameter('responses', share) }}, 6) <= 0
{%- endmacro %}
