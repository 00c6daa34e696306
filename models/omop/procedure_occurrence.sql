-- One row per recorded procedure, from all sources.

with of_cdm as (

    select
        source_name,
        cast(procedure_occurrence_id as bigint) as procedure_occurrence_id,
        cast(person_id as bigint) as source_person_id,
        cast(procedure_concept_id as bigint) as procedure_concept_id,
        procedure_date,
        procedure_end_date,
        cast(procedure_type_concept_id as bigint) as procedure_type_concept_id,
        cast(visit_occurrence_id as bigint) as visit_occurrence_id,
        procedure_source_value,
        cast(procedure_source_concept_id as bigint) as procedure_source_concept_id
    from {{ landed('procedure_occurrence') }}

),

records as (

    {{ records_of_all_sources(['of_cdm', ref('procedure_occurrence_from_trinetx')]) }}

)

select * from records
