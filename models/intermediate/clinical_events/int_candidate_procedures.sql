{{ config(materialized='ephemeral') }}
-- One row per procedure_occurrence record of a candidate, in the shape that all domains share: the one wide pass over
-- the table.

with candidates as (

    select * from {{ ref('int_candidates') }}

),

procedure_occurrence as (

    select * from {{ ref('procedure_occurrence') }}

),

candidate_procedures as (

    select
        candidates.person_id,
        procedure_occurrence.source_name,
        'procedure' as domain,
        procedure_occurrence.procedure_occurrence_id as record_id,
        procedure_occurrence.procedure_concept_id as concept_id,
        procedure_occurrence.procedure_source_concept_id as source_concept_id,
        procedure_occurrence.procedure_source_value as source_code,
        procedure_occurrence.procedure_type_concept_id as type_concept_id,
        procedure_occurrence.visit_occurrence_id as visit_id,
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
