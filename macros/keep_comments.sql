{#- The descriptions of the models and seeds that were built, and of their columns, as comments in the database: all in one
    statement at the end of a run, for dbt's own persist_docs asks the database for each table. A column that its model does not
    describe bears the words of its name in the idea (dbt's group): those of a mart of the idea, else of the model that has
    them. Spark keeps none. -#}
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
    {%- set words = {} -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.group -%}
        {%- set of_idea = words.setdefault(node.group, {}) -%}
        {%- for column in node.columns.values() if column.description -%}
            {%- if node.access == 'public' or column.name not in of_idea -%}
                {%- do of_idea.update({column.name: column.description}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {#- each statement would be a transaction of its own -#}
    begin;
    {%- for result in results if result.status == 'success' and result.node.resource_type in ('model', 'seed') -%}
        {%- set node = result.node -%}
        {%- set relation = node.schema ~ '.' ~ node.alias -%}
        {%- if relation in columns and node.description %}
    comment on {{ kinds[relation] }} {{ relation }} is '{{ node.description | replace("'", "''") }}';
            {%- for name in columns[relation] -%}
                {%- set own = node.columns.get(name) -%}
                {%- set told = own.description if own and own.description else words.get(node.group, {}).get(name) -%}
                {%- if told %}
    comment on column {{ relation }}.{{ name }} is '{{ told | replace("'", "''") }}';
                {%- endif -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor %}
    commit;
{%- endmacro %}
