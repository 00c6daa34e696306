-- One row per rule set, person and core drug exposure that lies in no line of therapy, with the reason.
-- Definition: every day of a core drug belongs to exactly one line; what does not is listed here: given before the
-- diagnosis could be known (dx_lag_days), after the recorded death, in a line too short to count (int_lines_counted),
-- or before the first line.

with exposures as (

    select * from {{ ref('int_drug_exposures_by_role') }}
    where role = 'core'

),

line_rules as (select * from {{ ref('int_line_rules') }}),
patients as (select * from {{ ref('int_myeloma_patients') }}),
lines_counted as (select * from {{ ref('int_lines_counted') }}),

therapy_days_unplaced as (

    select
        exposures.rule_set,
        exposures.person_id,
        exposures.ingredient,
        exposures.start_date,
        case
            when
                {{ days_between('exposures.start_date', 'patients.myeloma_diagnosis_date') }} > line_rules.dx_lag_days
                then 'before_diagnosis'
            when exposures.start_date > patients.death_date then 'after_death'
            when lines_counted.person_id is not null then 'under_one_cycle'
            else 'before_first_line'
        end as reason
    from exposures
    inner join patients on exposures.person_id = patients.person_id
    inner join line_rules on exposures.rule_set = line_rules.rule_set
    left join lines_counted
        on
            exposures.rule_set = lines_counted.rule_set
            and exposures.person_id = lines_counted.person_id
            and exposures.start_date >= lines_counted.line_start_date
            and (lines_counted.next_start_date is null or exposures.start_date < lines_counted.next_start_date)
    where lines_counted.line_number is null

)

select * from therapy_days_unplaced
