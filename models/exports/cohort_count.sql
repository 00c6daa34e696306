-- One row per cohort with the records and persons of exports.cohort, as omopgenerics counts them.

with cohort_set as (select * from {{ ref('cohort_set') }}),
cohort as (select * from {{ ref('cohort') }}),

cohort_count as (

    select
        cohort_set.cohort_definition_id,
        cast(count(cohort.subject_id) as integer) as number_records,
        cast(count(distinct cohort.subject_id) as integer) as number_subjects
    from cohort_set
    left join cohort on cohort_set.cohort_definition_id = cohort.cohort_definition_id
    group by 1

)

select * from cohort_count
