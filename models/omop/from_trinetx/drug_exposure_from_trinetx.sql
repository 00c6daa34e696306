{{ config(materialized='ephemeral') }}
-- One row per ingredient and per product of a TriNetX export, as a drug exposure.
-- Definition: the source value is the code; where no concept set names the code, the words that the export's
-- terminology has for it, so that drugs without a verified ingredient code are found by name.
-- Limits: an ingredient has a start alone: no end, no dose, no days of supply.

with ingredients as (select * from {{ landed('trinetx_medication_ingredient', 'trinetx') }}),
products as (select * from {{ landed('trinetx_medication_drug', 'trinetx') }}),

named_codes as (

    select distinct code from {{ ref('concept_set_members') }}
    where category = 'drug'

),

terms as (

    select
        terminology.source_name,
        terminology.code,
        max(terminology.code_description) as description
    from {{ landed('trinetx_standardized_terminology', 'trinetx') }} as terminology
    left join named_codes on terminology.code = named_codes.code
    where named_codes.code is null
    group by 1, 2

),

medications as (

    select
        source_name,
        2 * row_id as drug_exposure_id,
        patient_id,
        encounter_id,
        code,
        route,
        cast(null as double) as quantity,
        cast(null as integer) as days_supply,
        start_date
    from ingredients
    union all
    select
        source_name,
        2 * row_id + 1 as drug_exposure_id,
        patient_id,
        encounter_id,
        code,
        route,
        quantity_dispensed as quantity,
        cast(days_supply as integer) as days_supply,
        start_date
    from products

),

drug_exposures as (

    select
        medications.source_name,
        medications.drug_exposure_id,
        {{ stable_number('medications.patient_id') }} as source_person_id,
        cast(0 as bigint) as drug_concept_id,
        medications.start_date as drug_exposure_start_date,
        cast(null as date) as drug_exposure_end_date,
        cast(null as bigint) as drug_type_concept_id,
        cast(null as {{ dbt.type_string() }}) as stop_reason,
        medications.quantity,
        medications.days_supply,
        cast(null as bigint) as route_concept_id,
        {{ stable_number("medications.patient_id || '|' || medications.encounter_id", 15) }} as visit_occurrence_id,
        coalesce(terms.description, medications.code) as drug_source_value,
        cast(null as bigint) as drug_source_concept_id,
        medications.route as route_source_value,
        cast(null as {{ dbt.type_string() }}) as dose_unit_source_value
    from medications
    left join terms
        on medications.source_name = terms.source_name and medications.code = terms.code

)

select * from drug_exposures
