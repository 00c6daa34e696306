-- One row per record of a person whose day of death stands in PERSON, as CDM v6 has it.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(person_id as bigint) as source_person_id,
    cast(death_datetime as date) as death_date,
    cast(null as bigint) as death_type_concept_id,
    cast(null as bigint) as cause_concept_id,
    cast(null as {{ dbt.type_string() }}) as cause_source_value
from {{ landed('person') }}
where death_datetime is not null
