-- One row per record of a span of time in which a source would have recorded events of a person.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(observation_period_id as bigint) as observation_period_id,
    cast(person_id as bigint) as source_person_id,
    cast(observation_period_start_date as date) as observation_period_start_date,
    cast(observation_period_end_date as date) as observation_period_end_date,
    cast(period_type_concept_id as bigint) as period_type_concept_id
from {{ landed('observation_period') }}
