-- One row per file of a source, read or not.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(table_name as {{ dbt.type_string() }}) as table_name,
    cast(file_name as {{ dbt.type_string() }}) as file_name,
    cast(is_read as boolean) as is_read,
    cast(reason as {{ dbt.type_string() }}) as reason
from {{ landed('source_files', 'landing') }}
