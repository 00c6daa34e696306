{{ config(materialized='ephemeral') }}
-- One row per procedure of a TriNetX export, with the export's own code.

with procedures as (select * from {{ landed('trinetx_procedure', 'trinetx') }}),

procedure_occurrences as (

    select
        procedures.source_name,
        procedures.row_id as procedure_occurrence_id,
        {{ stable_number('procedures.patient_id') }} as source_person_id,
        cast(0 as bigint) as procedure_concept_id,
        procedures.date as procedure_date,
        procedures.date as procedure_end_date,
        cast(null as bigint) as procedure_type_concept_id,
        {{ stable_number("procedures.patient_id || '|' || procedures.encounter_id", 15) }} as visit_occurrence_id,
        procedures.code as procedure_source_value,
        cast(null as bigint) as procedure_source_concept_id
    from procedures

)

select * from procedure_occurrences
