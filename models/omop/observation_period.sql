-- One row per span of time in which a source would have recorded events of a person, from all sources.

with of_cdm as (

    select
        source_name,
        cast(observation_period_id as bigint) as observation_period_id,
        cast(person_id as bigint) as source_person_id,
        observation_period_start_date,
        observation_period_end_date,
        cast(period_type_concept_id as bigint) as period_type_concept_id
    from {{ landed('observation_period') }}

),

records as (

    {{ records_of_all_sources(['of_cdm', ref('observation_period_from_trinetx')]) }}

)

select * from records
