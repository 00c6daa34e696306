-- One row per member of the cohorts of an analysis: who, in which arm, since when, until when.

with members as (select * from studies.study_population),
cohorts as (select * from studies.cohorts),
patients as (select * from core.patients),
characteristics as (select * from cohorts.index_characteristics),

ages as (

    select
        cohort_id,
        person_id,
        max(value_number) as age
    from characteristics
    where characteristic = 'age'
    group by cohort_id, person_id

),

subjects as (

    select
        members.study_id,
        members.cohort_id,
        members.person_id,
        members.study_id || '-' || members.person_id as subject,
        cast(members.person_id as varchar) as person,
        members.site_id,
        ages.age,
        case when ages.age is not null then 'YEARS' end as age_unit,
        patients.sex,
        patients.race,
        patients.ethnicity,
        cohorts.label as treatment,
        list_position($cohorts, members.cohort_id) as treatment_number,
        members.index_date,
        patients.death_date,
        case when patients.death_date is not null or patients.is_death_date_unknown then 'Y' end as is_dead,
        patients.last_contact_date
    from members
    inner join cohorts on members.cohort_id = cohorts.cohort_id
    inner join patients on members.person_id = patients.person_id
    left join ages on members.cohort_id = ages.cohort_id and members.person_id = ages.person_id
    where members.study_id = $study and members.cohort_id in (select unnest($cohorts))

)

select * from subjects
order by subject
