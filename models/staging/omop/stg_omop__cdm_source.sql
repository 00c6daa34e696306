-- One row per record of a delivery of data.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(cdm_source_name as {{ dbt.type_string() }}) as cdm_source_name,
    cast(cdm_source_abbreviation as {{ dbt.type_string() }}) as cdm_source_abbreviation,
    cast(cdm_holder as {{ dbt.type_string() }}) as cdm_holder,
    cast(source_description as {{ dbt.type_string() }}) as source_description,
    cast(source_release_date as date) as source_release_date,
    cast(cdm_release_date as date) as cdm_release_date,
    cast(cdm_version as {{ dbt.type_string() }}) as cdm_version,
    cast(vocabulary_version as {{ dbt.type_string() }}) as vocabulary_version
from {{ landed('cdm_source') }}
