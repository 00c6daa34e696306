-- One row per cohort and person who is in it, with the date from which the person is followed.

with cohort_decisions as (select * from {{ ref('cohort_decisions') }}),

cohort_members as (

    select
        study_id,
        cohort_id,
        person_id,
        index_date
    from cohort_decisions
    where is_member

)

select * from cohort_members
