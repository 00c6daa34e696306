{{ config(materialized='ephemeral') }}
-- One row per drug_exposure record of a candidate, in the shape that all domains share: the one wide pass over the
-- table.

with candidates as (select * from {{ ref('int_screened_persons') }}),
drug_exposure as (select * from {{ ref('drug_exposure') }}),

candidate_drugs as (

    select
        {{ coded_record('drug_exposure', 'drug') }},
        {{ no_result() }},
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
