{{ config(materialized='ephemeral') }}
-- One row per drug_exposure record of a candidate, in the shape that all domains share: the one wide pass over the
-- table.

with candidates as (

    select * from {{ ref('int_candidates') }}

),

drug_exposure as (

    select * from {{ ref('drug_exposure') }}

),

candidate_drugs as (

    select
        candidates.person_id,
        drug_exposure.source_name,
        'drug' as domain,
        drug_exposure.drug_exposure_id as record_id,
        drug_exposure.drug_concept_id as concept_id,
        drug_exposure.drug_source_concept_id as source_concept_id,
        drug_exposure.drug_source_value as source_code,
        drug_exposure.drug_type_concept_id as type_concept_id,
        drug_exposure.visit_occurrence_id as visit_id,
        cast(null as double) as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        cast(null as bigint) as value_concept_id,
        cast(null as bigint) as unit_concept_id,
        cast(null as {{ dbt.type_string() }}) as unit_text,
        cast(null as bigint) as operator_concept_id,
        cast(null as double) as range_low,
        cast(null as double) as range_high,
        drug_exposure.days_supply,
        drug_exposure.quantity,
        drug_exposure.route_source_value as route_text,
        drug_exposure.stop_reason,
        cast(null as {{ dbt.type_string() }}) as qualifier_text,
        drug_exposure.drug_exposure_start_date as start_date,
        drug_exposure.drug_exposure_end_date as end_date
    from drug_exposure
    inner join candidates
        on
            drug_exposure.source_name = candidates.source_name
            and drug_exposure.source_person_id = candidates.source_person_id
    where drug_exposure.drug_exposure_start_date is not null

)

select * from candidate_drugs
