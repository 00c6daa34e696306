-- One row per record of the death of a person, as one record of a source says it.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(person_id as bigint) as source_person_id,
    cast(coalesce(death_date, cast(death_datetime as date)) as date) as death_date,
    cast(death_type_concept_id as bigint) as death_type_concept_id,
    cast(cause_concept_id as bigint) as cause_concept_id,
    cast(cause_source_value as {{ dbt.type_string() }}) as cause_source_value
from {{ landed('death') }}
