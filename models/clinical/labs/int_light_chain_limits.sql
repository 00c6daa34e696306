-- One row per patient and day with free light chains: between which ratios of kappa to lambda they are normal.
-- Definition: 0.26 to 1.65 (algorithms 4.2). Where the rule set uses the renal range (flc_renal_range), 0.37 to 3.10
-- when the last eGFR of the renal_lookback days up to then is below 60: failing kidneys clear kappa less than they did.
-- Limits: eGFR as the source reports it, by whatever formula; without one the usual range holds.

with labs as (

    select * from {{ ref('int_labs_by_day') }}
    where lab in ('free_light_chain_kappa', 'free_light_chain_lambda', 'free_light_chain_ratio')

),

renal_functions as (

    select * from {{ ref('int_labs_by_day') }}
    where lab = 'egfr' and {{ parameter('responses', 'flc_renal_range') }} = 1

),

days as (

    select distinct
        person_id,
        measured_date
    from labs

),

last_functions as (

    select
        days.person_id,
        days.measured_date,
        max_by(renal_functions.value, renal_functions.measured_date) < {{ parameter('responses', 'renal_egfr_below') }}
            as is_renal
    from days
    inner join renal_functions
        on
            days.person_id = renal_functions.person_id
            and {{ days_between('renal_functions.measured_date', 'days.measured_date') }}
            between 0 and {{ parameter('responses', 'renal_lookback') }}
    group by 1, 2

),

light_chain_limits as (

    select
        days.person_id,
        days.measured_date,
        case
            when last_functions.is_renal then {{ parameter('responses', 'renal_ratio_low') }}
            else {{ parameter('responses', 'lambda_ratio_below') }}
        end as ratio_low,
        case
            when last_functions.is_renal then {{ parameter('responses', 'renal_ratio_high') }}
            else {{ parameter('responses', 'kappa_ratio_above') }}
        end as ratio_high
    from days
    left join last_functions
        on days.person_id = last_functions.person_id and days.measured_date = last_functions.measured_date

)

select * from light_chain_limits
