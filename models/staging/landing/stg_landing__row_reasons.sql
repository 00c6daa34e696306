-- One row per source, table, column and reason for which rows or cells could not be taken as they are.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(table_name as {{ dbt.type_string() }}) as table_name,
    cast(column_name as {{ dbt.type_string() }}) as column_name,
    cast(action as {{ dbt.type_string() }}) as action,
    cast(reason as {{ dbt.type_string() }}) as reason,
    cast(form as {{ dbt.type_string() }}) as form,
    cast(row_count as bigint) as row_count
from {{ landed('row_reasons', 'landing') }}
