-- One row per person and core drug exposure that lies in no line of therapy, with the reason.
-- Definition: every day of a core drug belongs to exactly one line; what does not is listed here: given before the
-- diagnosis could be known (dx_lag_days), after the recorded death, or before the first line.

with exposures as (

    select * from {{ ref('drug_exposures') }}
    where role = 'core' and line_number is null

),

patients as (

    select * from {{ ref('patients') }}

),

therapy_days_unplaced as (

    select
        exposures.person_id,
        exposures.ingredient,
        exposures.start_date,
        case
            when
                {{ days_between('exposures.start_date', 'patients.myeloma_diagnosis_date') }}
                > {{ parameter('lines_of_therapy', 'dx_lag_days') }}
                then 'before_diagnosis'
            when exposures.start_date > patients.death_date then 'after_death'
            else 'before_first_line'
        end as reason
    from exposures
    inner join patients on exposures.person_id = patients.person_id

)

select * from therapy_days_unplaced
