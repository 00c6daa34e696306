-- One row per analysis of an endpoint whose members enter after index: the estimators behind the outputs count everyone
-- from index, and would give them time in which nothing could happen. Such a curve is studies.study_cumulative_incidence.

with endpoint_rules as (

    select * from {{ ref('endpoint_rules') }}
    where role = 'entry'

),

analyses as (

    select * from {{ ref('analyses') }}

),

analyses_entered_late as (

    select
        analyses.analysis_id,
        endpoint_rules.endpoint_id
    from analyses
    inner join endpoint_rules on analyses.study_id = endpoint_rules.study_id
    where
        ';' || analyses.endpoint_ids || ';' like '%;' || endpoint_rules.endpoint_id || ';%'
        or analyses.group_endpoint_id = endpoint_rules.endpoint_id
        or (analyses.endpoint_ids is null and analyses.comparator_cohort_id is not null) -- takes all of the study

)

select * from analyses_entered_late
