{{ config(materialized='ephemeral') }}
-- One row per condition_occurrence record of a candidate, in the shape that all domains share: the one wide pass over
-- the table.

with candidates as (

    select * from {{ ref('int_candidates') }}

),

condition_occurrence as (

    select * from {{ ref('condition_occurrence') }}

),

candidate_conditions as (

    select
        candidates.person_id,
        condition_occurrence.source_name,
        'condition' as domain,
        condition_occurrence.condition_occurrence_id as record_id,
        condition_occurrence.condition_concept_id as concept_id,
        condition_occurrence.condition_source_concept_id as source_concept_id,
        condition_occurrence.condition_source_value as source_code,
        condition_occurrence.condition_type_concept_id as type_concept_id,
        condition_occurrence.visit_occurrence_id as visit_id,
        cast(null as double) as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        cast(null as bigint) as value_concept_id,
        cast(null as bigint) as unit_concept_id,
        cast(null as {{ dbt.type_string() }}) as unit_text,
        cast(null as bigint) as operator_concept_id,
        cast(null as double) as range_low,
        cast(null as double) as range_high,
        cast(null as integer) as days_supply,
        cast(null as double) as quantity,
        cast(null as {{ dbt.type_string() }}) as route_text,
        cast(null as {{ dbt.type_string() }}) as stop_reason,
        cast(null as {{ dbt.type_string() }}) as qualifier_text,
        condition_occurrence.condition_start_date as start_date,
        condition_occurrence.condition_end_date as end_date
    from condition_occurrence
    inner join candidates
        on
            condition_occurrence.source_name = candidates.source_name
            and condition_occurrence.source_person_id = candidates.source_person_id
    where condition_occurrence.condition_start_date is not null

)

select * from candidate_conditions
