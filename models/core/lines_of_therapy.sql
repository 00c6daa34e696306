-- One row per person and line of therapy.
-- Definition: islands of core drugs: a new line starts with a drug that the line does not have, later than the regimen
-- window, or after a gap (algorithms 2, reduced).

with drug_exposures as (

    select * from {{ ref('drug_exposures') }}
    where role = 'core'

),

patients as (

    select * from {{ ref('patients') }}

),

first_uses as (

    select
        drug_exposures.person_id,
        drug_exposures.ingredient,
        min(drug_exposures.start_date) as first_date
    from drug_exposures
    inner join patients on drug_exposures.person_id = patients.person_id
    group by 1, 2

),

flagged as (

    select
        first_uses.*,
        case
            when
                {{ days_between('lag(first_date) over (partition by person_id order by first_date, ingredient)', 'first_date') }}
                < {{ parameter('lines_of_therapy', 'regimen_window_l1') }}
                then 0
            else 1
        end as opens_line
    from first_uses

),

numbered as (

    select
        flagged.*,
        cast(
            sum(opens_line) over (
                partition by person_id order by first_date, ingredient
                rows between unbounded preceding and current row
            ) as integer
        ) as line_number
    from flagged

),

lines_of_therapy as (

    select
        person_id,
        line_number,
        min(first_date) as line_start_date,
        {{ sorted_distinct_concat('ingredient') }} as drugs
    from numbered
    group by 1, 2

)

select * from lines_of_therapy
