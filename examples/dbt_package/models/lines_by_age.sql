-- One row per line number and age band at diagnosis: how many lines of therapy.
with

lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),

patients as (select * from {{ ref('patients') }}),

age_bands as (select * from {{ ref('age_bands') }}),

ages as (
    select
        person_id,
        year(myeloma_diagnosis_date) - year_of_birth as age
    from patients
),

bands as (
    select
        ages.person_id,
        max_by(age_bands.age_group, age_bands.from_age) as age_group
    from ages
    inner join age_bands
        on ages.age >= age_bands.from_age
    group by ages.person_id
),

counted as (
    select
        lines_of_therapy.line_number,
        bands.age_group,
        count(*) as line_count
    from lines_of_therapy
    inner join bands
        on lines_of_therapy.person_id = bands.person_id
    group by lines_of_therapy.line_number, bands.age_group
)

select * from counted
