-- One row per person and core drug exposure that lies in no line of therapy, with the reason.
-- Definition: every day of a core drug belongs to exactly one line; what does not is listed here: given before the
-- diagnosis could be known (dx_lag_days), after the recorded death, in a line too short to count (int_lines_counted), or
-- before the first line.

with exposures as (

    select * from {{ ref('drug_exposures') }}
    where role = 'core' and line_number is null

),

patients as (

    select * from {{ ref('patients') }}

),

uncounted as (

    select * from {{ ref('int_lines_counted') }}
    where rule_set = '{{ var("rule_set") }}' and line_number is null

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
            when uncounted.person_id is not null then 'under_one_cycle'
            else 'before_first_line'
        end as reason
    from exposures
    inner join patients on exposures.person_id = patients.person_id
    left join uncounted
        on
            exposures.person_id = uncounted.person_id
            and exposures.start_date >= uncounted.line_start_date
            and exposures.start_date < uncounted.next_start_date

)

select * from therapy_days_unplaced
