-- One row per rule set, person and core drug exposure that lies in no line of therapy, with the reason.
-- Definition: every day of a core drug belongs to exactly one line (int_line_doses); what does not is listed here:
-- given before the diagnosis could be known (dx_lag_days), after the recorded death, or in a line too short to count.

with doses as (

    select * from {{ ref('int_line_doses') }}
    where role in ('core', 'bridging') and line_number is null

),

line_rules as (select * from {{ ref('int_line_rules') }}),
patients as (select * from {{ ref('int_myeloma_patients') }}),

therapy_days_unplaced as (

    select
        doses.rule_set,
        doses.person_id,
        doses.ingredient,
        doses.start_date,
        case
            when {{ days_between('doses.start_date', 'patients.myeloma_diagnosis_date') }} > line_rules.dx_lag_days
                then 'before_diagnosis'
            when doses.start_date > patients.death_date then 'after_death'
            when doses.opened_line_number is not null then 'under_one_cycle'
        end as reason
    from doses
    inner join patients on doses.person_id = patients.person_id
    inner join line_rules on doses.rule_set = line_rules.rule_set

)

select * from therapy_days_unplaced
