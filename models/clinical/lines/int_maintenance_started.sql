-- One row per person and line in which maintenance began, with the day.
-- Definition: algorithms 2.5. After a transplant: the first day from which the drugs of the next 60 days are at most
-- two and all of the maintenance set. Without one: 60 days or more on at most two drugs of a larger regimen after 90
-- days of fuller therapy.
-- Limits: what was planned is not recorded; maintenance is read from what was given.

with lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),

exposures as (

    select
        exposures.*,
        drug_classes.is_maintenance
    from {{ ref('drug_exposures') }} as exposures
    inner join {{ ref('drug_classes') }} as drug_classes on exposures.ingredient = drug_classes.ingredient
    where exposures.role = 'core' and exposures.line_number is not null

),

line_transplants as (

    select
        person_id,
        line_number,
        max(transplant_date) as last_transplant_date
    from {{ ref('transplants') }}
    group by 1, 2

),

regimens as (

    select
        person_id,
        line_number,
        count(distinct ingredient) as drug_count
    from exposures
    group by 1, 2

),

days_looked_ahead as (

    select
        exposures.person_id,
        exposures.line_number,
        exposures.start_date,
        count(distinct case
            when
                {{ days_between('exposures.start_date', 'later.start_date') }}
                < {{ parameter('lines_of_therapy', 'maintenance_horizon_days') }}
                then later.ingredient
        end) as next_drug_count,
        count(distinct later.ingredient) as remaining_drug_count,
        bool_or(
            not later.is_maintenance
            and {{ days_between('exposures.start_date', 'later.start_date') }}
            < {{ parameter('lines_of_therapy', 'maintenance_horizon_days') }}
        ) as is_more_than_maintenance
    from (select distinct person_id, line_number, start_date from exposures) as exposures
    inner join exposures as later
        on
            exposures.person_id = later.person_id
            and exposures.line_number = later.line_number
            and exposures.start_date <= later.start_date
    group by 1, 2, 3

),

maintenance_started as (

    select
        days_looked_ahead.person_id,
        days_looked_ahead.line_number,
        min(days_looked_ahead.start_date) as maintenance_date
    from days_looked_ahead
    inner join lines_of_therapy
        on
            days_looked_ahead.person_id = lines_of_therapy.person_id
            and days_looked_ahead.line_number = lines_of_therapy.line_number
    inner join regimens
        on days_looked_ahead.person_id = regimens.person_id and days_looked_ahead.line_number = regimens.line_number
    left join line_transplants
        on days_looked_ahead.person_id = line_transplants.person_id and days_looked_ahead.line_number = line_transplants.line_number
    where
        (
            days_looked_ahead.start_date > line_transplants.last_transplant_date
            and days_looked_ahead.next_drug_count <= {{ parameter('lines_of_therapy', 'maintenance_largest_drug_count') }}
            and not days_looked_ahead.is_more_than_maintenance
        )
        or (
            line_transplants.person_id is null
            and days_looked_ahead.remaining_drug_count
            <= {{ parameter('lines_of_therapy', 'maintenance_largest_drug_count') }}
            and days_looked_ahead.remaining_drug_count < regimens.drug_count
            and {{ days_between('lines_of_therapy.line_start_date', 'days_looked_ahead.start_date') }}
            >= {{ parameter('lines_of_therapy', 'maintenance_after_days') }}
            and {{ days_between('days_looked_ahead.start_date', 'lines_of_therapy.line_end_date') }}
            >= {{ parameter('lines_of_therapy', 'maintenance_horizon_days') }}
        )
    group by 1, 2

)

select * from maintenance_started
