-- One row per patient, infusion, blood count and phase (early, late): the grade of effector-cell hematotoxicity.
-- Definition: icaht_grades: the longest run of tested days with a count at most at a bound, from its first low value to
-- the day before the next higher one (specification toxicity 8.5). 0 when tested and never that low; no row without a
-- test.
-- Limits: between two tests the count is taken as the earlier one; runs are cut at the end of the phase.

with infusions as (select * from {{ ref('cell_therapies') }}),
labs as (select * from {{ ref('int_labs_by_day') }}),
icaht_grades as (select * from {{ ref('icaht_grades') }}),

bounds as (

    select distinct
        lab,
        phase,
        from_day,
        to_day,
        at_most
    from icaht_grades

),

tests as (

    select
        infusions.person_id,
        infusions.infusion_date,
        bounds.lab,
        bounds.phase,
        bounds.at_most,
        bounds.to_day,
        {{ days_between('infusions.infusion_date', 'labs.measured_date') }} as day,
        labs.lowest <= bounds.at_most as is_low
    from infusions
    inner join labs on infusions.person_id = labs.person_id
    inner join bounds
        on
            labs.lab = bounds.lab
            and {{ days_between('infusions.infusion_date', 'labs.measured_date') }}
            between bounds.from_day and bounds.to_day

),

run_numbers as (

    select
        tests.*,
        sum(case when is_low then 0 else 1 end) over (
            partition by person_id, infusion_date, lab, phase, at_most order by day
            rows between unbounded preceding and current row
        ) as run_number,
        coalesce(
            lead(day) over (partition by person_id, infusion_date, lab, phase, at_most order by day),
            day + 1
        ) as next_day
    from tests

),

runs as (

    select
        person_id,
        infusion_date,
        lab,
        phase,
        at_most,
        run_number,
        max(case when is_low then next_day end) - min(case when is_low then day end) as run_days
    from run_numbers
    group by 1, 2, 3, 4, 5, 6

),

icaht_graded as (

    select
        runs.person_id,
        runs.infusion_date,
        runs.lab,
        runs.phase,
        max(case when runs.run_days >= icaht_grades.min_days then icaht_grades.grade else 0 end) as grade
    from runs
    inner join icaht_grades
        on
            runs.lab = icaht_grades.lab
            and runs.phase = icaht_grades.phase
            and runs.at_most = icaht_grades.at_most
    group by 1, 2, 3, 4

)

select * from icaht_graded
