-- One row per cohort, as the R package omopgenerics reads the settings of cohorts; also who has no member has a row.

with cohorts as (select * from {{ ref('cohorts') }}),
studies as (select * from {{ ref('studies') }}),

cohort_set as (

    select
        cast({{ stable_number('cohorts.cohort_id', 7) }} as integer) as cohort_definition_id,
        cohorts.cohort_id as cohort_name,
        cohorts.study_id,
        studies.title || ': ' || cohorts.label as cohort_description
    from cohorts
    inner join studies on cohorts.study_id = studies.study_id

)

select * from cohort_set
