-- One row per patient, laboratory test and day: duplicates resolved.
-- Definition: value is the median of the day's plausible values, lowest and highest are its extremes (specification
-- labs 7.2 rules 5 and 6: the worst for grading).

with labs as (select * from {{ ref('labs') }} where quality = 'ok'),

days as (

    select
        person_id,
        lab,
        measured_date,
        site_id,
        min(value) as lowest,
        max(value) as highest,
        max(lower_limit) as lower_limit,
        min(upper_limit) as upper_limit,
        count(*) as value_count
    from labs
    group by 1, 2, 3, 4

),

-- the middle of one or two values is that of their extremes, so only days with more are sorted
crowded_days as (

    select
        labs.person_id,
        labs.lab,
        labs.measured_date,
        percentile_cont(0.5) within group (order by labs.value) as middle
    from labs
    inner join days
        on
            labs.person_id = days.person_id
            and labs.lab = days.lab
            and labs.measured_date = days.measured_date
    where days.value_count > 2
    group by 1, 2, 3

),

labs_by_day as (

    select
        days.person_id,
        days.lab,
        days.measured_date,
        days.site_id,
        coalesce(crowded_days.middle, (days.lowest + days.highest) / 2) as value,
        days.lowest,
        days.highest,
        days.lower_limit,
        days.upper_limit,
        cast(days.value_count as integer) as value_count
    from days
    left join crowded_days
        on
            days.person_id = crowded_days.person_id
            and days.lab = crowded_days.lab
            and days.measured_date = crowded_days.measured_date

)

select * from labs_by_day
