{{ config(materialized='ephemeral') }}
-- One row per person, demographic characteristic or flag of int_patient_characteristics, and day from which it holds.
-- Definition: age_group goes by the bands of age_bands (algorithms 10.4); all else holds from birth.
-- Limits: only the year of birth is sure, so birthdays fall on 1 July.

with patients as (select * from {{ ref('patients') }}),
flags as (select * from {{ ref('int_patient_characteristics') }}),

born as (

    select
        person_id,
        'year_of_birth' as name,
        cast(year_of_birth as double) as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        make_date(year_of_birth, 1, 1) as valid_from_date
    from patients
    where year_of_birth is not null

),

age_groups as (

    select
        patients.person_id,
        'age_group' as name,
        cast(null as double) as value_number,
        age_bands.age_group as value_text,
        make_date(patients.year_of_birth + age_bands.from_age, 7, 1) as valid_from_date
    from patients
    cross join {{ ref('age_bands') }} as age_bands
    where patients.year_of_birth is not null

),

sexes as (

    select
        person_id,
        'sex' as name,
        cast(null as double) as value_number,
        sex as value_text,
        make_date(year_of_birth, 1, 1) as valid_from_date
    from patients
    where sex is not null

),

races as (

    select
        person_id,
        'race' as name,
        cast(null as double) as value_number,
        race as value_text,
        make_date(year_of_birth, 1, 1) as valid_from_date
    from patients
    where race is not null

),

-- one exclusive variable, as 004 prints it: Hispanic before race
race_ethnicities as (

    select
        person_id,
        'race_ethnicity' as name,
        cast(null as double) as value_number,
        case
            when ethnicity = 'Hispanic or Latino' then 'Hispanic'
            when race = 'White' then 'White'
            when race = 'Black or African American' then 'African American'
            when race != 'Unknown' then 'Other'
        end as value_text,
        make_date(year_of_birth, 1, 1) as valid_from_date
    from patients

),

demographic_characteristics as (

    select * from born
    union all
    select * from age_groups
    union all
    select * from sexes
    union all
    select * from races
    union all
    select * from race_ethnicities
    where value_text is not null
    union all
    select * from flags

)

select * from demographic_characteristics
