-- One row per record of a place of care.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(care_site_id as bigint) as care_site_id,
    cast(care_site_name as {{ dbt.type_string() }}) as care_site_name,
    cast(care_site_source_value as {{ dbt.type_string() }}) as care_site_source_value
from {{ landed('care_site') }}
