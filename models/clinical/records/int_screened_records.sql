-- One row per record of a screened person, in any domain.
-- Definition: seven wide passes in one shape; code_key names what a record says (its concept, source concept and source
-- code), so that meaning is looked up once per code and not once per record.
-- Limits: a record without a date cannot be placed in time and is left out.

with screened_persons as (select * from {{ ref('int_screened_persons') }}),
condition_occurrence as (select * from {{ ref('condition_occurrence') }}),
device_exposure as (select * from {{ ref('device_exposure') }}),
drug_exposure as (select * from {{ ref('drug_exposure') }}),
measurement as (select * from {{ ref('measurement') }}),
observation as (select * from {{ ref('observation') }}),
procedure_occurrence as (select * from {{ ref('procedure_occurrence') }}),
visit_occurrence as (select * from {{ ref('visit_occurrence') }}),

records as (

    select
        {{ coded_record('condition_occurrence', 'condition') }},
        {{ no_result() }},
        {{ no_supply() }},
        cast(null as {{ dbt.type_string() }}) as qualifier_text,
        condition_start_date as start_date,
        condition_end_date as end_date
    from condition_occurrence
    union all
    select
        {{ coded_record('device_exposure', 'device') }},
        {{ no_result() }},
        {{ no_supply() }},
        cast(null as {{ dbt.type_string() }}) as qualifier_text,
        device_exposure_start_date as start_date,
        device_exposure_end_date as end_date
    from device_exposure
    union all
    select
        {{ coded_record('drug_exposure', 'drug') }},
        {{ no_result() }},
        days_supply,
        quantity,
        nullif(concat_ws(' ', route_source_value, cast(nullif(route_concept_id, 0) as {{ dbt.type_string() }})), '')
            as route_text,
        stop_reason,
        cast(null as {{ dbt.type_string() }}) as qualifier_text,
        drug_exposure_start_date as start_date,
        drug_exposure_end_date as end_date
    from drug_exposure
    union all
    select
        {{ coded_record('measurement', 'measurement') }},
        value_as_number as value_number,
        value_source_value as value_text,
        value_as_concept_id as value_concept_id,
        unit_concept_id,
        unit_source_value as unit_text,
        operator_concept_id,
        range_low,
        range_high,
        {{ no_supply() }},
        cast(null as {{ dbt.type_string() }}) as qualifier_text,
        measurement_date as start_date,
        measurement_date as end_date
    from measurement
    union all
    select
        {{ coded_record('observation', 'observation') }},
        value_as_number as value_number,
        coalesce(value_as_string, value_source_value) as value_text,
        value_as_concept_id as value_concept_id,
        unit_concept_id,
        unit_source_value as unit_text,
        cast(null as bigint) as operator_concept_id,
        cast(null as double) as range_low,
        cast(null as double) as range_high,
        {{ no_supply() }},
        qualifier_source_value as qualifier_text,
        observation_date as start_date,
        observation_date as end_date
    from observation
    union all
    select
        {{ coded_record('procedure_occurrence', 'procedure') }},
        {{ no_result() }},
        {{ no_supply() }},
        cast(null as {{ dbt.type_string() }}) as qualifier_text,
        procedure_date as start_date,
        procedure_end_date as end_date
    from procedure_occurrence
    union all
    select
        {{ coded_record('visit_occurrence', 'visit') }},
        {{ no_result() }},
        {{ no_supply() }},
        cast(null as {{ dbt.type_string() }}) as qualifier_text,
        visit_start_date as start_date,
        visit_end_date as end_date
    from visit_occurrence

),

screened_records as (

    select
        screened_persons.person_id,
        records.source_name,
        records.domain,
        records.record_id,
        records.concept_id,
        records.source_concept_id,
        records.source_code,
        {{ row_hash(['records.source_name', 'domain', 'concept_id', 'source_concept_id', 'source_code']) }} as code_key,
        records.type_concept_id,
        records.value_number,
        records.value_text,
        records.value_concept_id,
        records.unit_concept_id,
        records.unit_text,
        records.operator_concept_id,
        records.range_low,
        records.range_high,
        records.days_supply,
        records.quantity,
        records.route_text,
        records.stop_reason,
        records.qualifier_text,
        records.start_date,
        records.end_date
    from records
    inner join screened_persons
        on
            records.source_name = screened_persons.source_name
            and records.source_person_id = screened_persons.source_person_id
    where records.start_date is not null

)

select * from screened_records
