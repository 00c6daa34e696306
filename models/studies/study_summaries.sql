-- One row per cohort, group of it, covariate and level: how many have it, of how many it is known; a number's median.
-- Definition: groups are those by which an analysis tells the cohort apart (grouped_by names the covariate), and
-- everybody together. The level of a yes-or-no covariate is 'yes', of a number 'median'; 'unknown' is a level.
-- Limits: counts and medians alone, for whoever asks in SQL; intervals and tests are made in Python.

with baseline_covariates as (select * from {{ ref('baseline_covariates') }}),
covariates as (select * from {{ ref('covariates') }}),
members as (select * from {{ ref('cohort_members') }}),

groupings as (

    select distinct
        treated_cohort_id as cohort_id,
        group_covariate_id
    from {{ ref('analyses') }}
    where group_covariate_id is not null

),

groups_of_persons as (

    select
        cohort_id,
        person_id,
        'everybody' as grouped_by,
        'all' as group_value
    from members
    union all
    select
        baseline_covariates.cohort_id,
        baseline_covariates.person_id,
        groupings.group_covariate_id as grouped_by,
        coalesce(
            baseline_covariates.value_text,
            cast(cast(baseline_covariates.value_number as integer) as {{ dbt.type_string() }}),
            'unknown'
        ) as group_value
    from baseline_covariates
    inner join groupings
        on
            baseline_covariates.cohort_id = groupings.cohort_id
            and baseline_covariates.covariate_id = groupings.group_covariate_id

),

leveled as (

    select
        baseline_covariates.study_id,
        baseline_covariates.cohort_id,
        groups_of_persons.grouped_by,
        groups_of_persons.group_value,
        covariates.covariate_id,
        covariates.sort_order,
        covariates.row_group,
        covariates.label,
        case
            when baseline_covariates.value_text is null and baseline_covariates.value_number is null then 'unknown'
            when covariates.value_kind = 'category' then baseline_covariates.value_text
            when covariates.value_kind = 'binary' then 'yes'
            else 'median'
        end as level,
        case
            when covariates.value_kind = 'binary' then coalesce(baseline_covariates.value_number, 1)
            else 1
        end as is_counted,
        case when covariates.value_kind = 'number' then baseline_covariates.value_number end as value_number
    from baseline_covariates
    inner join covariates
        on
            baseline_covariates.study_id = covariates.study_id
            and baseline_covariates.covariate_id = covariates.covariate_id
    inner join groups_of_persons
        on
            baseline_covariates.cohort_id = groups_of_persons.cohort_id
            and baseline_covariates.person_id = groups_of_persons.person_id

),

study_summaries as (

    select
        study_id,
        cohort_id,
        grouped_by,
        group_value,
        covariate_id,
        sort_order,
        row_group,
        label,
        level,
        cast(sum(is_counted) as bigint) as persons,
        cast(sum(case when level = 'unknown' then 0 else count(*) end) over whole as bigint) as persons_known,
        cast(sum(count(*)) over whole as bigint) as persons_asked,
        median(value_number) as median_value,
        min(value_number) as smallest,
        max(value_number) as largest
    from leveled
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9
    window whole as (partition by cohort_id, grouped_by, group_value, covariate_id)

)

select * from study_summaries
