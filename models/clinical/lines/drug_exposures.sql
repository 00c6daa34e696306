-- One row per person, ingredient and start date of a myeloma drug.
-- Definition: int_drug_exposures_by_role under the rule set in force, with the line in which the drug was given; a core
-- drug first given between apheresis and lymphodepletion is bridging (algorithms 2.3).
-- Limits: line_number is null before the first line, in one that does not count (int_lines_counted), after the day of
-- death and for a person without any line.

with exposures as (

    select * from {{ ref('int_drug_exposures_by_role') }}
    where rule_set = '{{ var("rule_set") }}'

),

patients as (select * from {{ ref('int_myeloma_patients') }}),

lines_counted as (

    select * from {{ ref('int_lines_counted') }}
    where rule_set = '{{ var("rule_set") }}'

),

lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),

spans as (

    select
        lines_counted.person_id,
        lines_counted.line_number,
        lines_counted.line_start_date,
        lines_counted.next_start_date,
        lines_of_therapy.line_index_date,
        lines_of_therapy.bridging_drugs,
        lines_of_therapy.bridging_start_date
    from lines_counted
    left join lines_of_therapy
        on
            lines_counted.person_id = lines_of_therapy.person_id
            and lines_counted.line_number = lines_of_therapy.line_number

),

drug_exposures as (

    select
        exposures.person_id,
        exposures.ingredient,
        exposures.drug_class,
        exposures.start_date,
        exposures.end_date,
        exposures.last_dose_date,
        exposures.daily_milligrams,
        exposures.is_stopped_for_toxicity,
        case
            when
                exposures.role = 'core'
                and '+' || spans.bridging_drugs || '+' like '%+' || exposures.ingredient || '+%'
                and exposures.start_date >= spans.bridging_start_date
                and (spans.line_index_date = spans.line_start_date or exposures.start_date < spans.line_index_date)
                then 'bridging'
            else exposures.role
        end as role,
        spans.line_number
    from exposures
    inner join patients on exposures.person_id = patients.person_id
    left join spans
        on
            exposures.person_id = spans.person_id
            and exposures.start_date >= spans.line_start_date
            and (spans.next_start_date is null or exposures.start_date < spans.next_start_date)
            and (patients.death_date is null or exposures.start_date <= patients.death_date)

)

select * from drug_exposures
