-- One row per line of therapy, in the form of the OMOP CDM's EPISODE table (oncology extension).
-- Definition: the object of the episode is the line's regimen in the HemOnc vocabulary: the standard concept that the
-- source's own vocabulary has under the name of seeds/clinical_rules/regimen_concepts, else the id of that row.
-- Limits: 0, the CDM's mark of no matching concept, where neither is known; the line's drugs are in episode_event.

with lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),
patients as (select * from {{ ref('patients') }}),
regimen_concepts as (select * from {{ ref('regimen_concepts') }}),
omop_concepts as (select * from {{ ref('omop_concepts') }}),

hemonc_concepts as (

    select
        source_name,
        concept_name,
        min(concept_id) as concept_id
    from {{ ref('concept') }}
    where vocabulary_id = 'HemOnc' and standard_concept = 'S'
    group by 1, 2

),

episode as (

    select
        {{ stable_number("cast(lines_of_therapy.person_id as " ~ dbt.type_string() ~ ") || '|' || cast(lines_of_therapy.line_number as " ~ dbt.type_string() ~ ")") }}
            as episode_id,
        lines_of_therapy.person_id,
        regimens.concept_id as episode_concept_id,
        lines_of_therapy.line_start_date as episode_start_date,
        cast(null as timestamp) as episode_start_datetime,
        lines_of_therapy.line_end_date as episode_end_date,
        cast(null as timestamp) as episode_end_datetime,
        cast(null as bigint) as episode_parent_id,
        lines_of_therapy.line_number as episode_number,
        coalesce(hemonc_concepts.concept_id, regimen_concepts.concept_id, 0) as episode_object_concept_id,
        types.concept_id as episode_type_concept_id,
        lines_of_therapy.regimen_name as episode_source_value,
        cast(0 as bigint) as episode_source_concept_id
    from lines_of_therapy
    inner join patients on lines_of_therapy.person_id = patients.person_id
    left join regimen_concepts on lines_of_therapy.regimen_name = regimen_concepts.regimen_name
    left join hemonc_concepts
        on
            patients.source_name = hemonc_concepts.source_name
            and regimen_concepts.hemonc_name = hemonc_concepts.concept_name
    cross join omop_concepts as regimens
    cross join omop_concepts as types
    where regimens.name = 'treatment_regimen' and types.name = 'derived_from_ehr'

)

select * from episode
