-- One row per patient of an export.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(row_id as bigint) as row_id,
    cast(patient_id as {{ dbt.type_string() }}) as patient_id,
    cast(sex as {{ dbt.type_string() }}) as sex,
    cast(race as {{ dbt.type_string() }}) as race,
    cast(ethnicity as {{ dbt.type_string() }}) as ethnicity,
    cast(year_of_birth as integer) as year_of_birth,
    cast(month_year_death as {{ dbt.type_string() }}) as death_month,
    cast(patient_regional_location as {{ dbt.type_string() }}) as region
from {{ landed('trinetx_patient', 'trinetx') }}
