{{ config(materialized='view') }}
-- One row per CTCAE version, patient, laboratory term and day: its grade. The version in force is the parameter
-- ctcae_version; the others stand beside it.
-- Definition: the highest grade whose bound the day's worst value is beyond; 0 when it is within the normal limit, NULL
-- when only a missing limit could tell (algorithms 7.1). A baseline above the upper limit is abnormal and has bounds of
-- its own.
-- Limits: grades that rest on transfusion or symptoms are not given; hemoglobin ends at 3.

with labs_referenced as (select * from {{ ref('int_labs_referenced') }}),
toxicity_grades as (select * from {{ ref('toxicity_grades') }}),

-- the bounds of each grade side by side
toxicity_cuts as (

    select
        ctcae_version,
        term,
        lab,
        direction,
        baseline_state,
        max(case when basis = 'value' and grade = 1 then cut end) as value_1,
        max(case when basis = 'value' and grade = 2 then cut end) as value_2,
        max(case when basis = 'value' and grade = 3 then cut end) as value_3,
        max(case when basis = 'value' and grade = 4 then cut end) as value_4,
        max(case when basis = 'lower_limit' and grade = 1 then cut end) as lower_1,
        max(case when basis = 'upper_limit' and grade = 1 then cut end) as upper_1,
        max(case when basis = 'upper_limit' and grade = 2 then cut end) as upper_2,
        max(case when basis = 'upper_limit' and grade = 3 then cut end) as upper_3,
        max(case when basis = 'upper_limit' and grade = 4 then cut end) as upper_4,
        max(case when basis = 'baseline' and grade = 1 then cut end) as baseline_1,
        max(case when basis = 'baseline' and grade = 2 then cut end) as baseline_2,
        max(case when basis = 'baseline' and grade = 3 then cut end) as baseline_3,
        max(case when basis = 'baseline' and grade = 4 then cut end) as baseline_4
    from toxicity_grades
    group by 1, 2, 3, 4, 5

),

measured as (

    select
        labs_referenced.person_id,
        labs_referenced.lab,
        labs_referenced.measured_date,
        labs_referenced.lower_limit,
        labs_referenced.upper_limit,
        labs_referenced.baseline,
        toxicity_cuts.term,
        toxicity_cuts.ctcae_version,
        case toxicity_cuts.direction when 'low' then lowest else highest end as value,
        case
            when toxicity_cuts.direction = 'low' and lower_1 is not null then lowest < lower_1 * lower_limit
        end as below_1,
        lowest < value_1 as low_1,
        lowest < value_2 as low_2,
        lowest < value_3 as low_3,
        lowest < value_4 as low_4,
        highest > upper_1 * upper_limit or highest > baseline_1 * baseline as high_1,
        highest > upper_2 * upper_limit or highest > baseline_2 * baseline as high_2,
        highest > upper_3 * upper_limit or highest > baseline_3 * baseline as high_3,
        highest > upper_4 * upper_limit or highest > baseline_4 * baseline as high_4
    from labs_referenced
    inner join toxicity_cuts
        on
            labs_referenced.lab = toxicity_cuts.lab
            and (
                toxicity_cuts.baseline_state = 'any'
                or (toxicity_cuts.baseline_state = 'abnormal')
                = coalesce(labs_referenced.baseline > labs_referenced.upper_limit, false)
            )

),

labs_graded as (

    select
        person_id,
        term,
        lab,
        ctcae_version,
        value,
        lower_limit,
        upper_limit,
        baseline,
        case
            when low_4 or high_4 then 4
            when low_3 or high_3 then 3
            when low_2 or high_2 then 2
            when low_1 or below_1 or high_1 then 1
            when coalesce(below_1, low_1, value <= upper_limit, value <= baseline) is not null then 0
        end as grade,
        measured_date
    from measured

)

select * from labs_graded
