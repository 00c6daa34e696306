-- One row per recorded measurement, from all sources.

with of_cdm as (

    select
        source_name,
        cast(measurement_id as bigint) as measurement_id,
        cast(person_id as bigint) as source_person_id,
        cast(measurement_concept_id as bigint) as measurement_concept_id,
        measurement_date,
        cast(measurement_datetime as timestamp) as measurement_datetime,
        cast(measurement_type_concept_id as bigint) as measurement_type_concept_id,
        cast(operator_concept_id as bigint) as operator_concept_id,
        value_as_number,
        cast(value_as_concept_id as bigint) as value_as_concept_id,
        cast(unit_concept_id as bigint) as unit_concept_id,
        range_low,
        range_high,
        cast(visit_occurrence_id as bigint) as visit_occurrence_id,
        measurement_source_value,
        cast(measurement_source_concept_id as bigint) as measurement_source_concept_id,
        unit_source_value,
        value_source_value
    from {{ landed('measurement') }}

),

records as (

    {{ records_of_all_sources(['of_cdm', ref('measurement_from_trinetx')]) }}

)

select * from records
