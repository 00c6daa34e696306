-- One row per record of a person whose day of death stands in PERSON, as CDM v6 has it.
-- Definition: 1900-01-01 (and any day before) is what databases write for an unknown day: died, day unknown. The end of
-- time (9999-12-31) is no death: the landing empties it.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(person_id as bigint) as source_person_id,
    case when death_datetime >= date '1900-01-02' then cast(death_datetime as date) end as death_date,
    cast(null as bigint) as death_type_concept_id,
    cast(null as bigint) as cause_concept_id,
    cast(null as {{ dbt.type_string() }}) as cause_source_value
from {{ landed('person') }}
where death_datetime is not null
