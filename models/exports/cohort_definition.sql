-- One row per cohort, in the form of the OMOP CDM's results table of that name.

with cohorts as (select * from {{ ref('cohorts') }}),
studies as (select * from {{ ref('studies') }}),

cohort_definition as (

    select
        {{ stable_number('cohorts.cohort_id') }} as cohort_definition_id,
        cohorts.cohort_id as cohort_definition_name,
        studies.title || ': ' || cohorts.label as cohort_definition_description,
        cast(null as bigint) as definition_type_concept_id,
        'rows of seeds/studies' as cohort_definition_syntax,
        cast(0 as bigint) as subject_concept_id,
        cast(null as date) as cohort_initiation_date
    from cohorts
    inner join studies on cohorts.study_id = studies.study_id

)

select * from cohort_definition
