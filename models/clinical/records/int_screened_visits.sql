{{ config(materialized='ephemeral') }}
-- One row per visit_occurrence record of a candidate, in the shape that all domains share: the one wide pass over the
-- table.

with candidates as (select * from {{ ref('int_screened_persons') }}),
visit_occurrence as (select * from {{ ref('visit_occurrence') }}),

candidate_visits as (

    select
        candidates.person_id,
        visit_occurrence.source_name,
        'visit' as domain,
        visit_occurrence.visit_occurrence_id as record_id,
        visit_occurrence.visit_concept_id as concept_id,
        visit_occurrence.visit_source_concept_id as source_concept_id,
        visit_occurrence.visit_source_value as source_code,
        cast(null as bigint) as type_concept_id,
        visit_occurrence.visit_occurrence_id as visit_id,
        {{ no_result() }},
        {{ no_supply() }},
        cast(null as {{ dbt.type_string() }}) as qualifier_text,
        visit_occurrence.visit_start_date as start_date,
        visit_occurrence.visit_end_date as end_date
    from visit_occurrence
    inner join candidates
        on
            visit_occurrence.source_name = candidates.source_name
            and visit_occurrence.source_person_id = candidates.source_person_id
    where visit_occurrence.visit_start_date is not null

)

select * from candidate_visits
