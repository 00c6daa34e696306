{#- The descriptions of the models and seeds that were built, and of their columns, as comments in the database: all in one
    statement at the end of a run, for dbt's own persist_docs asks the database for each table. Spark keeps none. -#}
{% macro keep_comments(results) -%}
    {{ return(adapter.dispatch('keep_comments')(results)) }}
{%- endmacro %}

{% macro default__keep_comments(results) -%}
    {{ return('') }}
{%- endmacro %}

{% macro duckdb__keep_comments(results) -%}
    {%- if not execute -%}
        {{ return('') }}
    {%- endif -%}
    {%- set existing = run_query(
        "select c.schema_name || '.' || c.table_name, string_agg(c.column_name, ','), bool_or(v.view_name is not null)
        from duckdb_columns() as c left join duckdb_views() as v
            on c.database_name = v.database_name and c.schema_name = v.schema_name and c.table_name = v.view_name
        where c.database_name = current_database() and not c.internal group by 1"
    ) -%}
    {%- set columns = {} -%}
    {%- set kinds = {} -%}
    {%- for relation, names, is_view in existing.rows -%}
        {%- do columns.update({relation: names.split(',')}) -%}
        {%- do kinds.update({relation: 'view' if is_view else 'table'}) -%}
    {%- endfor -%}
    {%- for result in results if result.status == 'success' and result.node.resource_type in ('model', 'seed') -%}
        {%- set node = result.node -%}
        {%- set relation = node.schema ~ '.' ~ node.alias -%}
        {%- if relation in columns and node.description %}
    comment on {{ kinds[relation] }} {{ relation }} is {{ duckdb_escape_comment(node.description) }};
            {%- for column in node.columns.values() if column.description and column.name in columns[relation] %}
    comment on column {{ relation }}.{{ column.name }} is {{ duckdb_escape_comment(column.description) }};
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
