{#- every value of a definition's column has one form, a pattern; what it is in words, and the row, are named -#}
{% test is_written_as(model, column_name, pattern, words, row_columns) %}
{%- set condition = "regexp_extract(" ~ column_name ~ ", '^(?:" ~ pattern ~ ")$', 0) = ''" -%}
{{ refuse_strays(model, column_name, condition, "'not " ~ words ~ "'", row_columns) }}
{% endtest %}
