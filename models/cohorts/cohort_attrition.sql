-- One row per cohort and step from everybody in the source to the cohort, in order; every step closes: persons_before
-- = persons_excluded + persons_after.
-- Definition: myeloma (-2), the index event (-1), the calendar period (0), then the cohort's own criteria;
-- alternatives of one step share its label. A person leaves at the first step not passed; persons_unknown of those
-- who left lacked the fact itself.

with cohorts as (select * from {{ ref('cohorts') }}),
criteria as (select * from {{ ref('cohort_criteria') }}),
decisions as (select * from {{ ref('cohort_decisions') }}),

common_steps as (

    select
        listed.step,
        listed.label
    from (
        values
        (-2, 'Multiple myeloma'),
        (-1, 'Index event'),
        (0, 'Index within the calendar period')
    ) as listed (step, label)

),

steps as (

    select
        cohorts.study_id,
        cohorts.cohort_id,
        'include' as kind,
        common_steps.label,
        common_steps.step
    from cohorts
    cross join common_steps
    union all
    select
        cohorts.study_id,
        cohorts.cohort_id,
        min(criteria.kind) as kind,
        {{ sorted_distinct_concat('criteria.label', ' or ') }} as label,
        criteria.step
    from cohorts
    inner join criteria on cohorts.cohort_id = criteria.cohort_id
    group by 1, 2, 5

),

persons as (

    select count(*) as persons_in_source from {{ ref('person') }}

),

patients as (

    select count(*) as persons_with_myeloma from {{ ref('patients') }}

),

index_persons as (

    select
        cohort_id,
        count(*) as persons_with_index
    from decisions
    group by 1

),

failures as (

    select
        cohort_id,
        failed_step as step,
        count(*) as persons_excluded,
        sum(case when has_unknown then 1 else 0 end) as persons_unknown
    from decisions
    where failed_step is not null
    group by 1, 2

),

counted as (

    select
        steps.study_id,
        steps.cohort_id,
        steps.kind,
        steps.label,
        steps.step,
        persons.persons_in_source,
        coalesce(failures.persons_unknown, 0) as persons_unknown,
        case steps.step
            when -2 then persons.persons_in_source - patients.persons_with_myeloma
            when -1 then patients.persons_with_myeloma - coalesce(index_persons.persons_with_index, 0)
            else coalesce(failures.persons_excluded, 0)
        end as persons_excluded
    from steps
    cross join persons
    cross join patients
    left join index_persons on steps.cohort_id = index_persons.cohort_id
    left join failures on steps.cohort_id = failures.cohort_id and steps.step = failures.step

),

summed as (

    select
        counted.*,
        persons_in_source - sum(persons_excluded) over (
            partition by cohort_id order by step rows between unbounded preceding and current row
        ) as persons_after
    from counted

),

cohort_attrition as (

    select
        study_id,
        cohort_id,
        kind,
        label,
        cast(step as integer) as step,
        cast(persons_after + persons_excluded as bigint) as persons_before,
        cast(persons_excluded as bigint) as persons_excluded,
        cast(persons_unknown as bigint) as persons_unknown,
        cast(persons_after as bigint) as persons_after
    from summed

)

select * from cohort_attrition
