{{ config(materialized='ephemeral') }}
-- One row per observation record of a candidate, in the shape that all domains share: the one wide pass over the table.

with candidates as (select * from {{ ref('int_screened_persons') }}),
observation as (select * from {{ ref('observation') }}),

candidate_observations as (

    select
        {{ coded_record('observation', 'observation') }},
        observation.value_as_number as value_number,
        coalesce(observation.value_as_string, observation.value_source_value) as value_text,
        observation.value_as_concept_id as value_concept_id,
        observation.unit_concept_id,
        observation.unit_source_value as unit_text,
        cast(null as bigint) as operator_concept_id,
        cast(null as double) as range_low,
        cast(null as double) as range_high,
        {{ no_supply() }},
        observation.qualifier_source_value as qualifier_text,
        observation.observation_date as start_date,
        observation.observation_date as end_date
    from observation
    inner join candidates
        on
            observation.source_name = candidates.source_name
            and observation.source_person_id = candidates.source_person_id
    where observation.observation_date is not null

)

select * from candidate_observations
