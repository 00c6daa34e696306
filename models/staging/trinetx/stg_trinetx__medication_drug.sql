-- One row per dispensed or ordered product of an export.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(row_id as bigint) as row_id,
    cast(patient_id as {{ dbt.type_string() }}) as patient_id,
    cast(encounter_id as {{ dbt.type_string() }}) as encounter_id,
    cast(code_system as {{ dbt.type_string() }}) as code_system,
    cast(code as {{ dbt.type_string() }}) as code,
    cast(brand as {{ dbt.type_string() }}) as brand,
    cast(route as {{ dbt.type_string() }}) as route,
    cast(quantity_dispensed as double) as quantity_dispensed,
    cast(days_supply as double) as days_supply,
    cast(start_date as date) as start_date,
    cast(derived_by_trinetx as {{ dbt.type_string() }}) as derived_by_trinetx
from {{ landed('trinetx_medication_drug', 'trinetx') }}
