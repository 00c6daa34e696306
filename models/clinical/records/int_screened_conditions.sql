{{ config(materialized='ephemeral') }}
-- One row per condition_occurrence record of a candidate, in the shape that all domains share: the one wide pass over
-- the table.

with candidates as (select * from {{ ref('int_screened_persons') }}),
condition_occurrence as (select * from {{ ref('condition_occurrence') }}),

candidate_conditions as (

    select
        {{ coded_record('condition_occurrence', 'condition') }},
        {{ no_result() }},
        {{ no_supply() }},
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
