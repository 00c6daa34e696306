-- One row per study, cohort and member: who is studied, in which arm, from when, where.

with members as (select * from {{ ref('cohort_members') }}),
cohorts as (select * from {{ ref('cohorts') }}),
patients as (select * from {{ ref('patients') }}),

study_population as (

    select
        members.study_id,
        members.cohort_id,
        members.person_id,
        cohorts.arm,
        patients.source_name,
        patients.site_id,
        members.index_date
    from members
    inner join cohorts on members.cohort_id = cohorts.cohort_id
    inner join patients on members.person_id = patients.person_id

)

select * from study_population
