-- One row per code that an export explains.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(row_id as bigint) as row_id,
    cast(code_system as {{ dbt.type_string() }}) as code_system,
    cast(code as {{ dbt.type_string() }}) as code,
    cast(code_description as {{ dbt.type_string() }}) as description
from {{ landed('trinetx_standardized_terminology', 'trinetx') }}
