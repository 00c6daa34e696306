-- One row per row of a source that was set aside, or of which cells were emptied.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(table_name as {{ dbt.type_string() }}) as table_name,
    cast(file_name as {{ dbt.type_string() }}) as file_name,
    cast(row_number as bigint) as source_row_number,
    cast(column_names as {{ dbt.type_string() }}) as column_names,
    cast(reason as {{ dbt.type_string() }}) as reason,
    cast(action as {{ dbt.type_string() }}) as action,
    cast(row_as_json as {{ dbt.type_string() }}) as row_as_json
from {{ landed('rows_set_aside', 'landing') }}
