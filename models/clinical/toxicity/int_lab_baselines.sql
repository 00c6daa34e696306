-- One row per patient, start of treatment and laboratory test that is graded against a baseline.
-- Definition: the last value from baseline_from_day (30) days before the start of a line, or before the lymphodepletion
-- of a cell therapy, to the day before (specification labs 7.1). It holds until the next start.

with labs as (select * from {{ ref('int_labs_by_day') }}),

toxicity_grades as (select distinct lab from {{ ref('toxicity_grades') }} where basis = 'baseline'),
lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),
cell_therapies as (select * from {{ ref('cell_therapies') }}),

starts as (

    select
        person_id,
        line_start_date as start_date,
        line_start_date as baseline_before
    from lines_of_therapy
    union
    select
        person_id,
        infusion_date as start_date,
        coalesce(lymphodepletion_start_date, infusion_date) as baseline_before
    from cell_therapies

),

periods as (

    select
        person_id,
        start_date,
        min(baseline_before) as baseline_before,
        coalesce(
            lead(start_date) over (partition by person_id order by start_date),
            date '9999-12-31'
        ) as next_start_date
    from starts
    group by 1, 2

),

lab_baselines as (

    select
        periods.person_id,
        periods.start_date,
        periods.next_start_date,
        labs.lab,
        max_by(labs.value, labs.measured_date) as baseline
    from periods
    inner join labs
        on
            periods.person_id = labs.person_id
            and {{ days_between('periods.baseline_before', 'labs.measured_date') }}
            between {{ parameter('labs', 'baseline_from_day') }} and -1
    inner join toxicity_grades on labs.lab = toxicity_grades.lab
    group by 1, 2, 3, 4

)

select * from lab_baselines
