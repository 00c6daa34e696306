-- One row per patient, day of a test of residual disease and threshold of mrd_thresholds.
-- Definition: specification responses 4.6 (Kumar 2016). is_negative: a negative test by an assay that sees the
-- threshold, or a positive one whose level is below it; not negative: a level at or above it, or a positive test by an
-- assay that sees no less than it; of two tests of a day the positive counts. is_sustained: negative, and negative
-- mrd_sustained_days or more before (negative_since) with neither a test that was not negative nor a progression
-- between.
-- Limits: a result that does not say how few cells the assay sees is negative at no threshold, so is_negative is NULL;
-- it is of the marrow alone, and imaging is not asked for.

with mrd_tests as (select * from {{ ref('int_mrd_tests') }}),
thresholds as (select * from {{ ref('mrd_thresholds') }}),
progressions as (select * from {{ ref('int_line_progressions') }}),

test_days as (

    select
        mrd_tests.person_id,
        mrd_tests.tested_date,
        thresholds.threshold_name,
        thresholds.threshold,
        {{ sorted_distinct_concat("nullif(mrd_tests.method, 'unknown')") }} as methods,
        min(mrd_tests.sensitivity) as sensitivity,
        max(mrd_tests.level) as level,
        bool_or(mrd_tests.is_present) as is_present,
        bool_or(
            mrd_tests.level >= thresholds.threshold
            or (
                mrd_tests.is_present and mrd_tests.level is null and mrd_tests.sensitivity >= thresholds.threshold
            )
        ) as is_found,
        bool_or(
            mrd_tests.level < thresholds.threshold
            or (not mrd_tests.is_present and mrd_tests.sensitivity <= thresholds.threshold)
        ) as is_ruled_out
    from mrd_tests
    cross join thresholds
    group by 1, 2, 3, 4

),

days_judged as (

    select
        test_days.*,
        case when is_found then false when is_ruled_out then true end as is_negative
    from test_days

),

-- a run of negative tests ends at a test that was not negative or at a progression, which goes before a test of its day
ordered_days as (

    select
        person_id,
        threshold_name,
        tested_date as event_date,
        1 as place,
        case when is_negative then 0 else 1 end as ends_run
    from days_judged
    where is_negative is not null
    union all
    select distinct
        days_judged.person_id,
        days_judged.threshold_name,
        progressions.progression_date as event_date,
        0 as place,
        1 as ends_run
    from days_judged
    inner join progressions on days_judged.person_id = progressions.person_id

),

runs as (

    select
        ordered_days.*,
        sum(ends_run) over (
            partition by person_id, threshold_name
            order by event_date, place
            rows between unbounded preceding and current row
        ) as run_number
    from ordered_days

),

run_starts as (

    select
        person_id,
        threshold_name,
        run_number,
        min(event_date) as negative_since
    from runs
    where ends_run = 0
    group by 1, 2, 3

),

mrd_assessments as (

    select
        days_judged.person_id,
        days_judged.tested_date,
        days_judged.threshold_name,
        days_judged.threshold,
        coalesce(nullif(days_judged.methods, ''), 'unknown') as method,
        days_judged.sensitivity,
        days_judged.level,
        case when days_judged.is_present then 'positive' when not days_judged.is_present then 'negative' end as result,
        days_judged.is_negative,
        case when days_judged.is_negative then run_starts.negative_since end as negative_since,
        case
            when days_judged.is_negative
                then
                    {{ days_between('run_starts.negative_since', 'days_judged.tested_date') }}
                    >= {{ parameter('responses', 'mrd_sustained_days') }}
            else days_judged.is_negative
        end as is_sustained
    from days_judged
    left join runs
        on
            days_judged.person_id = runs.person_id
            and days_judged.threshold_name = runs.threshold_name
            and days_judged.tested_date = runs.event_date
            and runs.place = 1
    left join run_starts
        on
            runs.person_id = run_starts.person_id
            and runs.threshold_name = run_starts.threshold_name
            and runs.run_number = run_starts.run_number

)

select * from mrd_assessments
