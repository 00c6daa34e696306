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
    cast(person_count as bigint) as person_count,
    cast(myeloma_person_count as bigint) as myeloma_person_count,
    cast(meaning as {{ dbt.type_string() }}) as meaning,
    cast(what_to_do as {{ dbt.type_string() }}) as what_to_do
from {{ landed('quality_checks', 'landing') }}
