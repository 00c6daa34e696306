{#- What this warehouse was made of, kept in it at the end of every run of dbt: the hash of each node's compiled SQL with the
    nodes that it reads (`myelomart.lineage` puts them together), and which files the landing read. A run of some models replaces
    the rows of those. Spark has no file of its own to keep them in. -#}
{% macro keep_origin(results) -%}
    {{ return(adapter.dispatch('keep_origin')(results)) }}
{%- endmacro %}

{% macro default__keep_origin(results) -%}
    {{ return('') }}
{%- endmacro %}

{% macro duckdb__keep_origin(results) -%}
    {%- set nodes, landing = [], landing_path() | replace("'", "''") -%}
    {%- for result in results if result.status == 'success' and result.node.resource_type in ('model', 'seed') -%}
        {%- set node = result.node -%}
        {%- set sql = (node.compiled_code or node.checksum.checksum) | replace('"' ~ node.database ~ '".', '') -%}
        {%- set sql = sql | replace(landing ~ '/', '') -%}
        {%- do nodes.append([node.unique_id, node.schema, node.alias, sql, node.depends_on_nodes]) -%}
    {%- endfor -%}
    {%- if not nodes -%}
        {{ return('') }}
    {%- endif -%}
    {%- for node in graph.nodes.values() if node.config.materialized == 'ephemeral' -%}
        {%- do nodes.append([node.unique_id, node.schema, node.alias, node.checksum.checksum, node.depends_on.nodes]) -%}
    {%- endfor -%}
    create schema if not exists studies;
    create table if not exists studies.built_nodes (
        node_id varchar primary key, schema_name varchar, node_name varchar, sql_hash varchar, reads varchar[]
    );
    insert or replace into studies.built_nodes values
    {%- for node_id, schema, name, sql, reads in nodes %}
        ('{{ node_id }}', '{{ schema }}', '{{ name }}', '{{ local_md5(sql) }}', {{ reads | list | tojson | replace('"', "'") }})
        {{- ',' if not loop.last }}
    {%- endfor -%};
    create or replace table studies.built_from as
    select content as manifest from read_text('{{ landing }}/manifest.json');
{%- endmacro %}
