-- One row per tumor property of an export, under the name that the export's header gives it.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(row_id as bigint) as row_id,
    cast(patient_id as {{ dbt.type_string() }}) as patient_id,
    cast(property as {{ dbt.type_string() }}) as property,
    cast(property_value as {{ dbt.type_string() }}) as property_value,
    cast(property_date as date) as property_date
from {{ landed('trinetx_tumor_properties', 'trinetx') }}
