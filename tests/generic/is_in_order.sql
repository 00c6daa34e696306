{#- where a row has both, its first value is not after its last; the failing row is named -#}
{% test is_in_order(model, first, last, row_columns) %}
{%- set said = "'after the " ~ last ~ " «' || cast(" ~ last ~ " as " ~ dbt.type_string() ~ ") || '»'" -%}
{{ refuse_strays(model, first, first ~ ' > ' ~ last, said, row_columns) }}
{% endtest %}
