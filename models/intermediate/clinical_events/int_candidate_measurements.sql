{{ config(materialized='ephemeral') }}
-- One row per measurement record of a candidate, in the shape that all domains share: the one wide pass over the table.

with candidates as (

    select * from {{ ref('int_candidates') }}

),

measurement as (

    select * from {{ ref('measurement') }}

),

candidate_measurements as (

    select
        candidates.person_id,
        measurement.source_name,
        'measurement' as domain,
        measurement.measurement_id as record_id,
        measurement.measurement_concept_id as concept_id,
        measurement.measurement_source_concept_id as source_concept_id,
        measurement.measurement_source_value as source_code,
        measurement.measurement_type_concept_id as type_concept_id,
        measurement.visit_occurrence_id as visit_id,
        measurement.value_as_number as value_number,
        measurement.value_source_value as value_text,
        measurement.value_as_concept_id as value_concept_id,
        measurement.unit_concept_id,
        measurement.unit_source_value as unit_text,
        measurement.operator_concept_id,
        measurement.range_low,
        measurement.range_high,
        cast(null as integer) as days_supply,
        cast(null as double) as quantity,
        cast(null as {{ dbt.type_string() }}) as route_text,
        cast(null as {{ dbt.type_string() }}) as stop_reason,
        cast(null as {{ dbt.type_string() }}) as qualifier_text,
        measurement.measurement_date as start_date,
        measurement.measurement_date as end_date
    from measurement
    inner join candidates
        on
            measurement.source_name = candidates.source_name
            and measurement.source_person_id = candidates.source_person_id
    where measurement.measurement_date is not null

)

select * from candidate_measurements
