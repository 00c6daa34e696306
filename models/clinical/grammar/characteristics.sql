-- One row per person, named characteristic and day from which its value holds.
-- Definition: what a study may ask of a person on a date; the value in force is the latest whose valid_from_date is on
-- or before it. A characteristic without a row is unknown, not absent; a row without a value says that it is unknown
-- from that day on. Of two answers of one day the larger holds (yes before no). Rows lie by name and person: who asks
-- for a few names leaves most of the mart unread.

with patient_characteristics as (select * from {{ ref('int_patient_characteristics') }}),
treatment_characteristics as (select * from {{ ref('int_treatment_characteristics') }}),
comorbidity_characteristics as (select * from {{ ref('int_comorbidity_characteristics') }}),
refractory_characteristics as (select * from {{ ref('int_refractory_characteristics') }}),
risk_characteristics as (select * from {{ ref('int_risk_characteristics') }}),
clone_characteristics as (select * from {{ ref('int_clone_characteristics') }}),
eligibility_characteristics as (select * from {{ ref('int_eligibility_characteristics') }}),
disease_characteristics as (select * from {{ ref('int_disease_characteristics') }}),
course_characteristics as (select * from {{ ref('int_course_characteristics') }}),
relapse_characteristics as (select * from {{ ref('int_relapse_characteristics') }}),
mrd_characteristics as (select * from {{ ref('int_mrd_characteristics') }}),
soft_tissue_characteristics as (select * from {{ ref('int_soft_tissue_characteristics') }}),

answers as (

    select * from patient_characteristics
    union all
    select * from treatment_characteristics
    union all
    select * from comorbidity_characteristics
    union all
    select * from refractory_characteristics
    union all
    select * from risk_characteristics
    union all
    select * from clone_characteristics
    union all
    select * from eligibility_characteristics
    union all
    select * from disease_characteristics
    union all
    select * from course_characteristics
    union all
    select * from relapse_characteristics
    union all
    select * from soft_tissue_characteristics
    union all
    select * from mrd_characteristics

),

characteristics as (

    select
        person_id,
        name,
        max(value_number) as value_number,
        max(value_text) as value_text,
        valid_from_date
    from answers
    group by 1, 2, 5
    order by name, person_id

)

select * from characteristics
