-- One row per study, cohort, member and laboratory test that the study follows: its value and grade before and after
-- the index date.
-- Definition: before is the last tested day from baseline_from_day to baseline_until_day (seeds/studies/followed_labs),
-- after are the tested days from start_day to the horizon; last is the last of them, the grade after is the worst.
-- Grades are those of the CTCAE version in force, severe from severe_grade (3) (specification comparison 9.7).
-- Limits: who was not tested has no value, which says nothing of it; a grade is missing for a test without grades, and
-- where only a missing limit could tell (it is then 0 or 1).

with members as (select * from {{ ref('cohort_members') }}),
followed_labs as (select * from {{ ref('followed_labs') }}),
labs as (select * from {{ ref('labs') }} where quality = 'ok'),

-- an unknown grade is 0 or 1, so it leaves a higher one as it is
lab_grades as (

    select
        person_id,
        lab,
        measured_date,
        case when max(grade) > 0 or count(grade) = count(*) then max(grade) end as grade
    from {{ ref('lab_grades') }}
    where ctcae_version = {{ parameter('labs', 'ctcae_version') }}
    group by 1, 2, 3

),

member_labs as (

    select
        members.study_id,
        members.cohort_id,
        members.person_id,
        members.index_date,
        followed_labs.lab,
        followed_labs.baseline_from_day,
        followed_labs.baseline_until_day,
        followed_labs.start_day,
        followed_labs.horizon_days
    from members
    inner join followed_labs on members.study_id = followed_labs.study_id

),

-- several values of a day are one, the middle of them
tested_days as (

    select
        member_labs.study_id,
        member_labs.cohort_id,
        member_labs.person_id,
        member_labs.lab,
        labs.measured_date,
        {{ days_between('member_labs.index_date', 'labs.measured_date') }} < member_labs.start_day as is_before,
        percentile_cont(0.5) within group (order by labs.value) as value
    from member_labs
    inner join labs
        on
            member_labs.person_id = labs.person_id
            and member_labs.lab = labs.lab
            and (
                {{ days_between('member_labs.index_date', 'labs.measured_date') }}
                between member_labs.baseline_from_day and member_labs.baseline_until_day
                or {{ days_between('member_labs.index_date', 'labs.measured_date') }}
                between member_labs.start_day and member_labs.horizon_days
            )
    group by 1, 2, 3, 4, 5, 6

),

graded_days as (

    select
        tested_days.*,
        lab_grades.grade,
        row_number() over (
            partition by tested_days.cohort_id, tested_days.person_id, tested_days.lab, tested_days.is_before
            order by tested_days.measured_date desc
        ) as recency
    from tested_days
    left join lab_grades
        on
            tested_days.person_id = lab_grades.person_id
            and tested_days.lab = lab_grades.lab
            and tested_days.measured_date = lab_grades.measured_date

),

before_and_after as (

    select
        cohort_id,
        person_id,
        lab,
        max(case when is_before and recency = 1 then value end) as value_before,
        max(case when is_before and recency = 1 then grade end) as grade_before,
        max(case when not is_before and recency = 1 then value end) as last_value_after,
        max(case when not is_before then grade end) as highest_grade_after,
        count(case when not is_before then measured_date end) as tested_days_after,
        count(case when not is_before then grade end) as graded_days_after
    from graded_days
    group by 1, 2, 3

),

changes as (

    select
        member_labs.study_id,
        member_labs.cohort_id,
        member_labs.person_id,
        member_labs.lab,
        before_and_after.value_before,
        before_and_after.grade_before,
        before_and_after.last_value_after,
        case
            when
                before_and_after.highest_grade_after > 0
                or before_and_after.graded_days_after = before_and_after.tested_days_after
                then before_and_after.highest_grade_after
        end as worst_grade_after,
        cast(coalesce(before_and_after.tested_days_after, 0) as integer) as tested_days_after
    from member_labs
    left join before_and_after
        on
            member_labs.cohort_id = before_and_after.cohort_id
            and member_labs.person_id = before_and_after.person_id
            and member_labs.lab = before_and_after.lab

),

study_lab_changes as (

    select
        changes.*,
        worst_grade_after > grade_before as is_worse,
        case
            when worst_grade_after is not null and grade_before is not null
                then
                    worst_grade_after >= {{ parameter('courses', 'severe_grade') }}
                    and grade_before < {{ parameter('courses', 'severe_grade') }}
        end as became_severe
    from changes

)

select * from study_lab_changes
