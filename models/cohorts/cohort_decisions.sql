-- One row per cohort and person with its index event: is the person in, and if not, at which step out.
-- Definition: criteria of one step are alternatives; an included step needs one of them met, an excluded step none;
-- the first step that fails decides. Step 0 is the calendar period that both arms share.

with index_events as (select * from {{ ref('index_events') }}),
criterion_results as (select * from {{ ref('criterion_results') }}),

steps as (

    select
        cohort_id,
        person_id,
        step,
        bool_or(is_met is null) as is_unknown,
        case
            when min(kind) = 'include' then coalesce(bool_or(is_met), false)
            else not coalesce(bool_or(is_met), false)
        end as is_passed
    from criterion_results
    group by 1, 2, 3

),

first_failures as (

    select
        cohort_id,
        person_id,
        min(step) as failed_step,
        min_by(is_unknown, step) as has_unknown
    from steps
    where not is_passed
    group by 1, 2

),

cohort_decisions as (

    select
        index_events.study_id,
        index_events.cohort_id,
        index_events.person_id,
        index_events.index_date,
        case when index_events.is_in_period then first_failures.failed_step else 0 end as failed_step,
        coalesce(first_failures.has_unknown, false) as has_unknown,
        index_events.is_in_period and first_failures.failed_step is null as is_member
    from index_events
    left join first_failures
        on
            index_events.cohort_id = first_failures.cohort_id
            and index_events.person_id = first_failures.person_id

)

select * from cohort_decisions
