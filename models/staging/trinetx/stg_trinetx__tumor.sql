-- One row per tumor record of an export.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(row_id as bigint) as row_id,
    cast(patient_id as {{ dbt.type_string() }}) as patient_id,
    cast(coalesce(diagnosis_date, observation_date) as date) as diagnosis_date,
    cast(coalesce(observation_date, diagnosis_date) as date) as observed_date,
    cast(morphology_code_system as {{ dbt.type_string() }}) as code_system,
    cast(morphology_code as {{ dbt.type_string() }}) as code,
    cast(tumor_site_code as {{ dbt.type_string() }}) as site_code,
    cast(stage_code_system as {{ dbt.type_string() }}) as stage_system,
    cast(stage_code as {{ dbt.type_string() }}) as stage,
    cast(tumor_size as {{ dbt.type_string() }}) as tumor_size,
    cast(number_of_lymph_nodes as {{ dbt.type_string() }}) as lymph_nodes,
    cast(metastatic as {{ dbt.type_string() }}) as metastatic,
    cast(derived_by_trinetx as {{ dbt.type_string() }}) as derived_by_trinetx
from {{ landed('trinetx_tumor', 'trinetx') }}
