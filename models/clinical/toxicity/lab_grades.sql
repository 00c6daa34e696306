{{ config(materialized='view') }}
-- One row per CTCAE version, patient, laboratory term and day: its grade. The version in force is the parameter
-- ctcae_version; the others stand beside it.
-- Definition: the highest grade whose bound the day's worst value is beyond; 0 when it is within the normal limit, NULL
-- when only a missing limit could tell (specification labs 7.1). Normal limits are the record's, else those that the
-- site gives most often, else those of lab_reference_ranges by sex; the baseline is that of the treatment that runs on
-- the day, and one above the upper limit is abnormal and has bounds of its own.
-- Limits: grades that rest on transfusion or symptoms are not given; hemoglobin ends at 3, and that of a patient of
-- unknown sex has no fallback limit.

with labs as (select * from {{ ref('int_labs_by_day') }}),
patients as (select * from {{ ref('patients') }}),
baselines as (select * from {{ ref('int_lab_baselines') }}),
reference_ranges as (select * from {{ ref('lab_reference_ranges') }}),
toxicity_grades as (select * from {{ ref('toxicity_grades') }}),

ranked_limits as (

    select
        site_id,
        lab,
        lower_limit,
        upper_limit,
        row_number() over (
            partition by site_id, lab
            order by count(*) desc, lower_limit asc nulls last, upper_limit asc nulls last
        ) as limit_rank
    from labs
    where lower_limit is not null or upper_limit is not null
    group by 1, 2, 3, 4

),

site_limits as (

    select * from ranked_limits
    where limit_rank = 1

),

-- the bounds of each grade side by side
bounds as (

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

referenced_labs as (

    select
        labs.person_id,
        labs.lab,
        labs.measured_date,
        labs.lowest,
        labs.highest,
        coalesce(labs.lower_limit, site_limits.lower_limit, reference_ranges.lower_limit) as lower_limit,
        coalesce(labs.upper_limit, site_limits.upper_limit, reference_ranges.upper_limit) as upper_limit,
        baselines.baseline
    from labs
    inner join (select distinct lab from toxicity_grades) as gradable_labs on labs.lab = gradable_labs.lab
    inner join patients on labs.person_id = patients.person_id
    left join site_limits on labs.site_id = site_limits.site_id and labs.lab = site_limits.lab
    left join reference_ranges on labs.lab = reference_ranges.lab and reference_ranges.sex in ('any', patients.sex)
    left join baselines
        on
            labs.person_id = baselines.person_id
            and labs.lab = baselines.lab
            and labs.measured_date >= baselines.start_date
            and labs.measured_date < baselines.next_start_date

),

compared_labs as (

    select
        referenced_labs.person_id,
        referenced_labs.measured_date,
        referenced_labs.lower_limit,
        referenced_labs.upper_limit,
        referenced_labs.baseline,
        bounds.lab,
        bounds.term,
        bounds.ctcae_version,
        case bounds.direction when 'low' then lowest else highest end as value,
        case when bounds.direction = 'low' then lowest < lower_1 * referenced_labs.lower_limit end as below_1,
        lowest < value_1 as low_1,
        lowest < value_2 as low_2,
        lowest < value_3 as low_3,
        lowest < value_4 as low_4,
        highest > upper_1 * upper_limit or highest > baseline_1 * baseline as high_1,
        highest > upper_2 * upper_limit or highest > baseline_2 * baseline as high_2,
        highest > upper_3 * upper_limit or highest > baseline_3 * baseline as high_3,
        highest > upper_4 * upper_limit or highest > baseline_4 * baseline as high_4
    from referenced_labs
    inner join bounds
        on
            referenced_labs.lab = bounds.lab
            and (
                bounds.baseline_state = 'any'
                or (bounds.baseline_state = 'abnormal') = coalesce(referenced_labs.baseline > upper_limit, false)
            )

),

lab_grades as (

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
    from compared_labs

)

select * from lab_grades
