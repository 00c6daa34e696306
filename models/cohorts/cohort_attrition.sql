-- One row per cohort and step from everybody in the source to the cohort, in order; every step closes:
-- persons_before = persons_excluded + persons_after.
-- Definition: steps -2 and -1 lead from all persons to those with myeloma and those with the index event, step 0 is the
-- calendar period, the others are the cohort's criteria; persons_unknown of the excluded lacked the fact itself.

with cohorts as (

    select * from {{ ref('cohorts') }}

),

criteria as (

    select
        cohort_id,
        step,
        min(kind) as kind,
        {{ sorted_distinct_concat('label', ' or ') }} as label
    from {{ ref('cohort_criteria') }}
    group by 1, 2

),

persons as (

    select count(*) as person_count from {{ ref('person') }}

),

patients as (

    select count(*) as person_count from {{ ref('patients') }}

),

decisions as (

    select * from {{ ref('cohort_decisions') }}

),

sized as (

    select
        cohorts.cohort_id,
        max(persons.person_count) as persons_in_source,
        max(patients.person_count) as persons_with_myeloma,
        count(decisions.person_id) as persons_with_index
    from cohorts
    cross join persons
    cross join patients
    left join decisions on cohorts.cohort_id = decisions.cohort_id
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

steps as (

    select cohort_id, -2 as step, 'include' as kind, 'Multiple myeloma' as label, persons_in_source - persons_with_myeloma as persons_excluded, cast(0 as bigint) as persons_unknown from sized
    union all
    select cohort_id, -1 as step, 'include' as kind, 'Index event' as label, persons_with_myeloma - persons_with_index as persons_excluded, cast(0 as bigint) as persons_unknown from sized
    union all
    select
        cohorts.cohort_id,
        0 as step,
        'include' as kind,
        'Index within the calendar period' as label,
        coalesce(failures.persons_excluded, 0) as persons_excluded,
        cast(0 as bigint) as persons_unknown
    from cohorts
    left join failures on cohorts.cohort_id = failures.cohort_id and failures.step = 0
    union all
    select
        criteria.cohort_id,
        criteria.step,
        criteria.kind,
        criteria.label,
        coalesce(failures.persons_excluded, 0) as persons_excluded,
        coalesce(failures.persons_unknown, 0) as persons_unknown
    from criteria
    left join failures on criteria.cohort_id = failures.cohort_id and criteria.step = failures.step

),

cohort_attrition as (

    select
        cohorts.study_id,
        steps.cohort_id,
        steps.kind,
        steps.label,
        cast(steps.step as integer) as step,
        cast(
            sized.persons_in_source - sum(steps.persons_excluded) over (
                partition by steps.cohort_id order by steps.step rows between unbounded preceding and current row
            ) + steps.persons_excluded as bigint
        ) as persons_before,
        cast(steps.persons_excluded as bigint) as persons_excluded,
        cast(steps.persons_unknown as bigint) as persons_unknown,
        cast(
            sized.persons_in_source - sum(steps.persons_excluded) over (
                partition by steps.cohort_id order by steps.step rows between unbounded preceding and current row
            ) as bigint
        ) as persons_after
    from steps
    inner join sized on steps.cohort_id = sized.cohort_id
    inner join cohorts on steps.cohort_id = cohorts.cohort_id

)

select * from cohort_attrition
