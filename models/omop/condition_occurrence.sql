-- One row per recorded diagnosis, from all sources.

with of_cdm as (

    select
        source_name,
        cast(condition_occurrence_id as bigint) as condition_occurrence_id,
        cast(person_id as bigint) as source_person_id,
        cast(condition_concept_id as bigint) as condition_concept_id,
        condition_start_date,
        condition_end_date,
        cast(condition_type_concept_id as bigint) as condition_type_concept_id,
        cast(visit_occurrence_id as bigint) as visit_occurrence_id,
        condition_source_value,
        cast(condition_source_concept_id as bigint) as condition_source_concept_id
    from {{ landed('condition_occurrence') }}

),

records as (

    {{ records_of_all_sources(['of_cdm', ref('condition_occurrence_from_trinetx')]) }}

)

select * from records
