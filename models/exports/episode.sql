-- One row per line of therapy, in the form of the OMOP CDM's EPISODE table (oncology extension).
-- Limits: the object of a regimen episode is left 0: the line's drugs are in episode_event.

with lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),
omop_concepts as (select * from {{ ref('omop_concepts') }}),

episode as (

    select
        {{ stable_number("cast(lines_of_therapy.person_id as " ~ dbt.type_string() ~ ") || '|' || cast(lines_of_therapy.line_number as " ~ dbt.type_string() ~ ")") }}
            as episode_id,
        lines_of_therapy.person_id,
        regimens.concept_id as episode_concept_id,
        lines_of_therapy.line_start_date as episode_start_date,
        lines_of_therapy.line_end_date as episode_end_date,
        cast(null as bigint) as episode_parent_id,
        lines_of_therapy.line_number as episode_number,
        cast(0 as bigint) as episode_object_concept_id,
        types.concept_id as episode_type_concept_id,
        lines_of_therapy.regimen_name as episode_source_value,
        cast(0 as bigint) as episode_source_concept_id
    from lines_of_therapy
    cross join omop_concepts as regimens
    cross join omop_concepts as types
    where regimens.name = 'treatment_regimen' and types.name = 'derived_from_ehr'

)

select * from episode
