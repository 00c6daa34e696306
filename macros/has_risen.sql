{#- has a value risen from its nadir by at least an absolute amount (more than it, where `strictly`) and by a share of
    the nadir? Rounded, so that 1.2 - 0.7 is 0.5. NULL when either is unknown. -#}
{% macro has_risen(value, nadir, absolute_rise, relative_rise, strictly=false) -%}
    (
        round({{ value }} - {{ nadir }}, 6) {{ '>' if strictly else '>=' }} {{ absolute_rise }}
        and round({{ value }} - {{ nadir }} * (1 + {{ relative_rise }}), 6) >= 0
    )
{%- endmacro %}
