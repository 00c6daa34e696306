{#- Seeds on Spark are read from their CSV files as they stand: dbt's own way binds every cell of every row, which takes
    minutes for a thousand rows. Column types come from the seed's configuration, text where it gives none. -#}
{% macro spark__create_csv_table(model, agate_table) -%}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- set columns = [] -%}
    {%- for name in agate_table.column_names -%}
        {%- do columns.append('`' ~ name ~ '` ' ~ types.get(name, 'string')) -%}
    {%- endfor -%}
    {%- set path = model['root_path'] ~ '/' ~ model['original_file_path'] -%}
    {% call statement('_') -%}
        create table {{ this.render() }} ({{ columns | join(', ') }})
        using csv options (path '{{ path }}', header 'true', quote '"', escape '"', mode 'FAILFAST')
    {%- endcall %}
    {{ return('') }}
{%- endmacro %}

{% macro spark__reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
    {%- do adapter.drop_relation(old_relation) -%}
    {{ return(spark__create_csv_table(model, agate_table)) }}
{%- endmacro %}

{% macro spark__load_csv_rows(model, agate_table) -%}
    {{ return('') }}
{%- endmacro %}
