-- One row per source and check at the door.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(table_name as {{ dbt.type_string() }}) as table_name,
    cast(column_name as {{ dbt.type_string() }}) as column_name,
    cast(check_name as {{ dbt.type_string() }}) as check_name,
    cast(category as {{ dbt.type_string() }}) as category,
    cast(level as {{ dbt.type_string() }}) as level,
    cast(severity as {{ dbt.type_string() }}) as severity,
    cast(status as {{ dbt.type_string() }}) as status,
    cast(counted as bigint) as counted,
    cast(failing as bigint) as failing,
    cast(share as double) as share,
    cast(threshold as double) as threshold,
    cast(meaning as {{ dbt.type_string() }}) as meaning
from {{ landed('quality_checks', 'landing') }}
