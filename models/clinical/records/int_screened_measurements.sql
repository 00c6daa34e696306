{{ config(materialized='ephemeral') }}
-- One row per measurement record of a candidate, in the shape that all domains share: the one wide pass over the table.

with candidates as (select * from {{ ref('int_screened_persons') }}),
measurement as (select * from {{ ref('measurement') }}),

candidate_measurements as (

    select
        {{ coded_record('measurement', 'measurement') }},
        measurement.value_as_number as value_number,
        measurement.value_source_value as value_text,
        measurement.value_as_concept_id as value_concept_id,
        measurement.unit_concept_id,
        measurement.unit_source_value as unit_text,
        measurement.operator_concept_id,
        measurement.range_low,
        measurement.range_high,
        {{ no_supply() }},
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
