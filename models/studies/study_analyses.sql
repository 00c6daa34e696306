-- One row per analysis of a study with the names of its arms and the caution its reader needs.

with analyses as (select * from {{ ref('analyses') }}),
cohorts as (select * from {{ ref('cohorts') }}),
studies as (select * from {{ ref('studies') }}),

study_analyses as (

    select
        analyses.*,
        treated.label as treated_label,
        comparators.label as comparator_label,
        studies.title as study_title
    from analyses
    inner join studies on analyses.study_id = studies.study_id
    inner join cohorts as treated on analyses.treated_cohort_id = treated.cohort_id
    left join cohorts as comparators on analyses.comparator_cohort_id = comparators.cohort_id

)

select * from study_analyses
