-- One row per source and table that was read.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(table_name as {{ dbt.type_string() }}) as table_name,
    cast(form as {{ dbt.type_string() }}) as form,
    cast(files as bigint) as file_count,
    cast(rows_in as bigint) as rows_in,
    cast(rows_landed as bigint) as rows_landed,
    cast(rows_set_aside as bigint) as rows_set_aside,
    cast(rows_left_out as bigint) as rows_left_out,
    cast(rows_renumbered as bigint) as rows_renumbered,
    cast(cells_emptied as bigint) as cells_emptied,
    cast(ends_capped as bigint) as ends_capped
from {{ landed('row_accounts', 'landing') }}
