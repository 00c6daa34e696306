-- One row per encounter of an export; encounter_id is not unique in real exports.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(row_id as bigint) as row_id,
    cast(patient_id as {{ dbt.type_string() }}) as patient_id,
    cast(encounter_id as {{ dbt.type_string() }}) as encounter_id,
    cast(type as {{ dbt.type_string() }}) as encounter_type,
    cast(start_date as date) as start_date,
    cast(end_date as date) as end_date,
    cast(derived_by_trinetx as {{ dbt.type_string() }}) as derived_by_trinetx
from {{ landed('trinetx_encounter', 'trinetx') }}
