-- One row per recorded observation, from all sources.

with of_cdm as (

    select
        source_name,
        cast(observation_id as bigint) as observation_id,
        cast(person_id as bigint) as source_person_id,
        cast(observation_concept_id as bigint) as observation_concept_id,
        observation_date,
        cast(observation_type_concept_id as bigint) as observation_type_concept_id,
        value_as_number,
        value_as_string,
        cast(value_as_concept_id as bigint) as value_as_concept_id,
        cast(qualifier_concept_id as bigint) as qualifier_concept_id,
        qualifier_source_value,
        cast(unit_concept_id as bigint) as unit_concept_id,
        cast(visit_occurrence_id as bigint) as visit_occurrence_id,
        observation_source_value,
        cast(observation_source_concept_id as bigint) as observation_source_concept_id,
        unit_source_value,
        value_source_value
    from {{ landed('observation') }}

),

records as (

    {{ records_of_all_sources(['of_cdm', ref('observation_from_trinetx')]) }}

)

select * from records
