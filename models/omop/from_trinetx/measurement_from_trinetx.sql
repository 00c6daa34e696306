{{ config(materialized='ephemeral') }}
-- One row per laboratory result, vital sign and genomic finding of a TriNetX export, as a measurement.
-- Limits: TriNetX's own groups (code system TNX) look like LOINC numbers and are not; they are marked and match
-- nothing. A genomic finding is its code alone: the export has no result beside it.

with lab_results as (select * from {{ landed('trinetx_lab_result', 'trinetx') }}),
vital_signs as (select * from {{ landed('trinetx_vitals_signs', 'trinetx') }}),
genomic as (select * from {{ landed('trinetx_genomic', 'trinetx') }}),

results as (

    select
        source_name,
        3 * row_id as measurement_id,
        patient_id,
        encounter_id,
        code_system,
        code,
        lab_result_num_val as value_number,
        lab_result_text_val as value_text,
        units_of_measure as unit,
        date as measured_date
    from lab_results
    union all
    select
        source_name,
        3 * row_id + 1 as measurement_id,
        patient_id,
        encounter_id,
        code_system,
        code,
        value as value_number,
        text_value as value_text,
        units_of_measure as unit,
        date as measured_date
    from vital_signs
    union all
    select
        source_name,
        3 * row_id + 2 as measurement_id,
        patient_id,
        cast(null as {{ dbt.type_string() }}) as encounter_id,
        code_system,
        code,
        cast(null as double) as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        cast(null as {{ dbt.type_string() }}) as unit,
        test_date as measured_date
    from genomic

),

measurements as (

    select
        results.source_name,
        results.measurement_id,
        {{ stable_number('results.patient_id') }} as source_person_id,
        cast(0 as bigint) as measurement_concept_id,
        results.measured_date as measurement_date,
        cast(null as timestamp) as measurement_datetime,
        cast(null as bigint) as measurement_type_concept_id,
        cast(null as bigint) as operator_concept_id,
        results.value_number as value_as_number,
        cast(null as bigint) as value_as_concept_id,
        cast(null as bigint) as unit_concept_id,
        cast(null as double) as range_low,
        cast(null as double) as range_high,
        {{ stable_number("results.patient_id || '|' || results.encounter_id", 15) }} as visit_occurrence_id,
        case
            when results.code_system = 'TNX' then 'TNX:' || results.code
            else results.code
        end as measurement_source_value,
        cast(null as bigint) as measurement_source_concept_id,
        results.unit as unit_source_value,
        results.value_text as value_source_value
    from results

)

select * from measurements
