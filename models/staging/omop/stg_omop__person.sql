-- One row per record of a person of a source.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(person_id as bigint) as source_person_id,
    cast(gender_concept_id as bigint) as gender_concept_id,
    cast(year_of_birth as integer) as year_of_birth,
    cast(month_of_birth as integer) as month_of_birth,
    cast(day_of_birth as integer) as day_of_birth,
    cast(race_concept_id as bigint) as race_concept_id,
    cast(ethnicity_concept_id as bigint) as ethnicity_concept_id,
    cast(care_site_id as bigint) as care_site_id,
    cast(person_source_value as {{ dbt.type_string() }}) as person_source_value,
    cast(gender_source_value as {{ dbt.type_string() }}) as gender_source_value,
    cast(race_source_value as {{ dbt.type_string() }}) as race_source_value,
    cast(ethnicity_source_value as {{ dbt.type_string() }}) as ethnicity_source_value
from {{ landed('person') }}
