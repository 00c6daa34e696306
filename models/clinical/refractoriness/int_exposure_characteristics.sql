-- One row per person, thing a person may have been exposed to and day from which the answer holds.
-- Definition: exposure is 0 from birth and 1 from the day after the first dose (algorithms 3.1).

with patients as (

    select
        person_id,
        make_date(coalesce(year_of_birth, 1900), 1, 1) as first_date
    from {{ ref('int_myeloma_patients') }}

),

exposures as (select * from {{ ref('int_treatment_exposures') }}),

things as (

    select ingredient as name from {{ ref('drug_classes') }}
    union
    select drug_class as name from {{ ref('drug_classes') }}
    union
    select 'bispecific' as name
    union
    select 'combination_chemotherapy' as name
    union
    select 'non_bcma_bispecific' as name
    union
    select 'alkylating_agent' as name
    union
    select 'imid_and_pi' as name
    union
    select name from {{ ref('int_class_combinations') }}

),

exposure_characteristics as (

    select
        person_id,
        case
            when name in ('triple_class', 'penta_drug') then 'is_' || name || '_exposed'
            else 'exposed_' || name
        end as name,
        1 as value_number,
        exposed_date + 1 as valid_from_date
    from exposures
    union all
    select
        patients.person_id,
        case
            when things.name in ('triple_class', 'penta_drug') then 'is_' || things.name || '_exposed'
            else 'exposed_' || things.name
        end as name,
        0 as value_number,
        patients.first_date as valid_from_date
    from patients
    cross join things

)

select * from exposure_characteristics
