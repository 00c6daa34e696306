-- One row per genomic finding of an export.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(row_id as bigint) as row_id,
    cast(patient_id as {{ dbt.type_string() }}) as patient_id,
    cast(code_system as {{ dbt.type_string() }}) as code_system,
    cast(code as {{ dbt.type_string() }}) as code,
    cast(test_date as date) as tested_date,
    cast(derived_by_trinetx as {{ dbt.type_string() }}) as derived_by_trinetx
from {{ landed('trinetx_genomic', 'trinetx') }}
