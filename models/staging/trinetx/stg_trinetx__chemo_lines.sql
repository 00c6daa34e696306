-- One row per line of chemotherapy of an export, as the network derived it.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(row_id as bigint) as row_id,
    cast(patient_id as {{ dbt.type_string() }}) as patient_id,
    cast(line as bigint) as line_number,
    cast(start_date as date) as start_date,
    cast(derived_by_trinetx as {{ dbt.type_string() }}) as derived_by_trinetx
from {{ landed('trinetx_chemo_lines', 'trinetx') }}
