{{ config(materialized='ephemeral') }}
-- One row per patient of a TriNetX export, as a person. The number of a person is made from the patient's id.
-- Limits: only the year of birth is known; no site is named.

with patients as (select * from {{ landed('trinetx_patient', 'trinetx') }}),
known_values as (select * from {{ ref('trinetx_values') }}),

persons as (

    select
        patients.source_name,
        {{ stable_number('patients.patient_id') }} as source_person_id,
        coalesce(sexes.concept_id, 0) as gender_concept_id,
        cast(patients.year_of_birth as integer) as year_of_birth,
        cast(null as integer) as month_of_birth,
        cast(null as integer) as day_of_birth,
        coalesce(races.concept_id, 0) as race_concept_id,
        coalesce(ethnicities.concept_id, 0) as ethnicity_concept_id,
        cast(null as bigint) as care_site_id,
        patients.patient_id as person_source_value,
        patients.sex as gender_source_value,
        patients.race as race_source_value,
        patients.ethnicity as ethnicity_source_value
    from patients
    left join known_values as sexes
        on sexes.field = 'sex' and lower(patients.sex) = lower(sexes.source_value)
    left join known_values as races
        on races.field = 'race' and lower(patients.race) = lower(races.source_value)
    left join known_values as ethnicities
        on ethnicities.field = 'ethnicity' and lower(patients.ethnicity) = lower(ethnicities.source_value)

)

select * from persons
