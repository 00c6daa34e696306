-- One row per person and line in which maintenance began, with the day.
-- Definition: specification lines 2.5. After a transplant: the first day from which the drugs of the next 60 days are
-- at most two and all of the maintenance set. Without one: 60 days or more on at most two drugs of a larger regimen
-- after 90 days of fuller therapy.
-- Limits: what was planned is not recorded; maintenance is read from what was given.

with lines as (select * from {{ ref('lines_of_therapy') }}),

doses as (

    select
        doses.*,
        drug_classes.is_maintenance
    from {{ ref('drug_exposures') }} as doses
    inner join {{ ref('drug_classes') }} as drug_classes on doses.ingredient = drug_classes.ingredient
    where doses.role = 'core' and doses.line_number is not null

),

line_transplants as (

    select
        person_id,
        line_number,
        max(transplant_date) as last_transplant_date
    from {{ ref('transplants') }}
    group by 1, 2

),

days as (

    select distinct
        person_id,
        line_number,
        start_date
    from doses

),

dose_days as (

    select
        days.person_id,
        days.line_number,
        days.start_date,
        count(distinct case
            when
                {{ days_between('days.start_date', 'later_doses.start_date') }}
                < {{ parameter('lines_of_therapy', 'maintenance_horizon_days') }}
                then later_doses.ingredient
        end) as next_drug_count,
        count(distinct later_doses.ingredient) as remaining_drug_count,
        bool_or(
            not later_doses.is_maintenance
            and {{ days_between('days.start_date', 'later_doses.start_date') }}
            < {{ parameter('lines_of_therapy', 'maintenance_horizon_days') }}
        ) as is_more_than_maintenance
    from days
    inner join doses as later_doses
        on
            days.person_id = later_doses.person_id
            and days.line_number = later_doses.line_number
            and days.start_date <= later_doses.start_date
    group by 1, 2, 3

),

measured_days as (

    select
        dose_days.*,
        max(remaining_drug_count) over (partition by person_id, line_number) as regimen_drug_count
    from dose_days

),

maintenance_started as (

    select
        days.person_id,
        days.line_number,
        min(days.start_date) as maintenance_date
    from measured_days as days
    inner join lines on days.person_id = lines.person_id and days.line_number = lines.line_number
    left join line_transplants
        on days.person_id = line_transplants.person_id and days.line_number = line_transplants.line_number
    where
        (
            days.start_date > line_transplants.last_transplant_date
            and days.next_drug_count <= {{ parameter('lines_of_therapy', 'maintenance_largest_drug_count') }}
            and not days.is_more_than_maintenance
        )
        or (
            line_transplants.person_id is null
            and days.remaining_drug_count <= {{ parameter('lines_of_therapy', 'maintenance_largest_drug_count') }}
            and days.remaining_drug_count < days.regimen_drug_count
            and {{ days_between('lines.line_start_date', 'days.start_date') }}
            >= {{ parameter('lines_of_therapy', 'maintenance_after_days') }}
            and {{ days_between('days.start_date', 'lines.line_end_date') }}
            >= {{ parameter('lines_of_therapy', 'maintenance_horizon_days') }}
        )
    group by 1, 2

)

select * from maintenance_started
