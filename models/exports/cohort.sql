-- One row per member of a cohort, in the form of the OMOP CDM's results table of that name.
-- Definition: a cohort ends with the person's last contact, and not after the observation period of its first day:
-- omopgenerics refuses days outside.
-- Limits: who has no observation period on the first day keeps the last contact.

with members as (select * from {{ ref('cohort_members') }}),
patients as (select * from {{ ref('patients') }}),
observation_periods as (select * from {{ ref('observation_period') }}),

followed as (

    select
        members.cohort_id,
        members.person_id,
        members.index_date,
        coalesce(patients.death_date, patients.last_contact_date) as last_date,
        max(observation_periods.observation_period_end_date) as observed_until_date
    from members
    inner join patients on members.person_id = patients.person_id
    left join observation_periods
        on
            members.person_id = observation_periods.person_id
            and members.index_date between observation_periods.observation_period_start_date
            and observation_periods.observation_period_end_date
    group by 1, 2, 3, 4

),

cohort as (

    select
        cast({{ stable_number('cohort_id', 7) }} as integer) as cohort_definition_id,
        person_id as subject_id,
        index_date as cohort_start_date,
        greatest(index_date, least(last_date, coalesce(observed_until_date, last_date))) as cohort_end_date
    from followed

)

select * from cohort
