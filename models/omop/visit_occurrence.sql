-- One row per visit, from all sources.

with of_cdm as (

    select
        source_name,
        cast(visit_occurrence_id as bigint) as visit_occurrence_id,
        cast(person_id as bigint) as source_person_id,
        cast(visit_concept_id as bigint) as visit_concept_id,
        visit_start_date,
        visit_end_date,
        cast(care_site_id as bigint) as care_site_id,
        visit_source_value,
        cast(visit_source_concept_id as bigint) as visit_source_concept_id,
        cast(discharged_to_concept_id as bigint) as discharged_to_concept_id,
        discharged_to_source_value
    from {{ landed('visit_occurrence') }}

),

records as (

    {{ records_of_all_sources(['of_cdm', ref('visit_occurrence_from_trinetx')]) }}

)

select * from records
