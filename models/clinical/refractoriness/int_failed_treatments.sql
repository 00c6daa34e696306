{{ config(materialized='ephemeral') }}
-- One row per person, failure of a treatment and day from which its value holds.
-- Definition: is_refractory_last_line speaks of the line begun last before the date. is_car_t_refractory is known from
-- the first progression after the infusion: 1 when that came within 60 days, else 0 (004: 14 against 92).
-- Limits: 0 says that nothing shows it.

with lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),
refractoriness as (select * from {{ ref('refractoriness') }}),
cell_therapies as (select * from {{ ref('cell_therapies') }}),
progressions as (select * from {{ ref('int_progression_dates') }}),

last_lines as (

    select
        person_id,
        'is_refractory_last_line' as name,
        0 as value_number,
        line_index_date + 1 as valid_from_date
    from lines_of_therapy
    union all
    select
        refractoriness.person_id,
        'is_refractory_last_line' as name,
        1 as value_number,
        min(refractoriness.evidence_date) as valid_from_date
    from refractoriness
    left join lines_of_therapy as next_lines
        on
            refractoriness.person_id = next_lines.person_id
            and refractoriness.line_number + 1 = next_lines.line_number
    where
        refractoriness.status in ('CONFIRMED', 'PROBABLE')
        and (next_lines.line_index_date is null or refractoriness.evidence_date <= next_lines.line_index_date)
    group by 1, 2, 3, refractoriness.line_number

),

first_failures as (

    select
        cell_therapies.person_id,
        cell_therapies.infusion_date,
        min(progressions.progression_date) as progression_date
    from cell_therapies
    inner join progressions
        on
            cell_therapies.person_id = progressions.person_id
            and cell_therapies.infusion_date < progressions.progression_date
    group by 1, 2

),

after_car_t as (

    select
        person_id,
        'is_car_t_refractory' as name,
        case
            when
                {{ days_between('infusion_date', 'progression_date') }}
                <= {{ parameter('refractoriness', 'car_t_refractory_days') }}
                then 1
            else 0
        end as value_number,
        progression_date as valid_from_date
    from first_failures

),

failed_treatments as (

    select * from last_lines
    union all
    select * from after_car_t

)

select * from failed_treatments
