{{ config(materialized='ephemeral') }}
-- One row per person, characteristic of the person or flag of the phenotype, and day from which its value holds.
-- Definition: age_group goes by the bands of age_bands (specification patients 10.4); sex, race and year of birth hold
-- from birth, 1900 where its year is unknown. The flags of specification phenotype 1.4 rules 3 to 5 are here so that a
-- study may take another evidence level or leave a flag out: has_* is 0 from birth and 1 from the first code of the
-- disease; the flags of patients hold from the diagnosis on. A flag that nothing settles has no row.
-- Limits: only the year of birth is sure, so birthdays fall on 1 July. is_treated, meets_claims_algorithm and
-- is_possible_smoldering read the record as a whole, after the diagnosis too: they choose a population and are no
-- covariates.

with patients as (select * from {{ ref('patients') }}),
age_bands as (select * from {{ ref('age_bands') }}),
coded_events as (select * from {{ ref('int_coded_events') }}),

disease_roles as (

    select * from {{ ref('concept_set_roles') }}
    where algorithm = 'phenotype_flags' and role not in ('relapse_code', 'bone_lesion')

),

described_patients as (

    select
        patients.*,
        make_date(coalesce(year_of_birth, 1900), 1, 1) as birth_date,
        -- one exclusive variable, as progression_patterns prints it: Hispanic before race
        case
            when ethnicity = 'Hispanic or Latino' then 'Hispanic'
            when race = 'White' then 'White'
            when race = 'Black or African American' then 'African American'
            when race != 'Unknown' then 'Other'
        end as race_ethnicity
    from patients

),

age_groups as (

    select
        patients.person_id,
        age_bands.age_group,
        make_date(patients.year_of_birth + age_bands.from_age, 7, 1) as valid_from_date
    from patients
    cross join age_bands

),

diseases as (

    select
        described_patients.person_id,
        disease_roles.role,
        0 as has_disease,
        described_patients.birth_date as valid_from_date
    from described_patients
    cross join disease_roles
    union
    select
        coded_events.person_id,
        disease_roles.role,
        1 as has_disease,
        min(coded_events.start_date) as valid_from_date
    from coded_events
    inner join disease_roles on coded_events.concept_set_id = disease_roles.concept_set_id
    inner join patients on coded_events.person_id = patients.person_id
    group by 1, 2

),

patient_characteristics as (

    {{ characteristic_rows(
        'described_patients',
        numbers=['year_of_birth'],
        texts=['sex', 'race', 'race_ethnicity'],
        valid_from='birth_date',
    ) }}
    union all
    {{ characteristic_rows('age_groups', texts=['age_group']) }}
    union all
    {{ characteristic_rows('diseases', numbers=['has_disease'], named="'has_' || role") }}
    union all
    {{ characteristic_rows(
        'described_patients',
        numbers=[
            'is_treated', 'meets_claims_algorithm', 'is_incident', 'is_left_truncated', 'is_under_age',
            'is_possible_smoldering', 'has_one_diagnosis_date',
        ],
        valid_from='myeloma_diagnosis_date',
    ) }}

)

select * from patient_characteristics
