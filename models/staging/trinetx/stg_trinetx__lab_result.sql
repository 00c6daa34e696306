-- One row per laboratory result of an export.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(row_id as bigint) as row_id,
    cast(patient_id as {{ dbt.type_string() }}) as patient_id,
    cast(encounter_id as {{ dbt.type_string() }}) as encounter_id,
    cast(code_system as {{ dbt.type_string() }}) as code_system,
    cast(code as {{ dbt.type_string() }}) as code,
    cast(lab_result_num_val as double) as value_number,
    cast(lab_result_text_val as {{ dbt.type_string() }}) as value_text,
    cast(units_of_measure as {{ dbt.type_string() }}) as unit,
    cast(date as date) as measured_date,
    cast(derived_by_trinetx as {{ dbt.type_string() }}) as derived_by_trinetx
from {{ landed('trinetx_lab_result', 'trinetx') }}
