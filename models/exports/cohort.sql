-- One row per member of a cohort, in the form of the OMOP CDM's results table of that name.
-- Limits: the cohort ends with the person's last contact.

with members as (select * from {{ ref('cohort_members') }}),
patients as (select * from {{ ref('patients') }}),

cohort as (

    select
        {{ stable_number('members.cohort_id') }} as cohort_definition_id,
        members.person_id as subject_id,
        members.index_date as cohort_start_date,
        greatest(members.index_date, coalesce(patients.death_date, patients.last_contact_date)) as cohort_end_date
    from members
    inner join patients on members.person_id = patients.person_id

)

select * from cohort
