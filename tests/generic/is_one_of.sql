{#- every value of a definition's column is one of a short list; the failing rows are named -#}
{% test is_one_of(model, column_name, values, row_columns) %}
{%- set condition = column_name ~ " not in ('" ~ values | join("', '") ~ "')" -%}
{{ refuse_strays(model, column_name, condition, "'none of " ~ values | join(', ') ~ "'", row_columns) }}
{% endtest %}
