-- One row per source.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(format as {{ dbt.type_string() }}) as format,
    cast(timezone as {{ dbt.type_string() }}) as timezone,
    cast(dates_shifted as {{ dbt.type_string() }}) as dates_shifted,
    cast(cohort as {{ dbt.type_string() }}) as cohort,
    cast(vocabulary as {{ dbt.type_string() }}) as vocabulary,
    cast(data_cut as date) as data_cut_date
from {{ landed('landed_sources', 'landing') }}
