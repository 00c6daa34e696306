{{ config(materialized='ephemeral') }}
-- One row per procedure_occurrence record of a candidate, in the shape that all domains share: the one wide pass over
-- the table.

with candidates as (select * from {{ ref('int_screened_persons') }}),
procedure_occurrence as (select * from {{ ref('procedure_occurrence') }}),

candidate_procedures as (

    select
        {{ coded_record('procedure_occurrence', 'procedure') }},
        {{ no_result() }},
        {{ no_supply() }},
        cast(null as {{ dbt.type_string() }}) as qualifier_text,
        procedure_occurrence.procedure_date as start_date,
        procedure_occurrence.procedure_end_date as end_date
    from procedure_occurrence
    inner join candidates
        on
            procedure_occurrence.source_name = candidates.source_name
            and procedure_occurrence.source_person_id = candidates.source_person_id
    where procedure_occurrence.procedure_date is not null

)

select * from candidate_procedures
