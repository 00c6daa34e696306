-- One row per person, ingredient and start date of a myeloma drug.
-- Definition: int_drug_exposures_by_role under the rule set in force, with the part and the line that int_line_doses
-- gives it (specification procedures 2.3).
-- Limits: line_number is null before the first line, in one that does not count, after the day of death and for a
-- person without any line.

with exposures as (select * from {{ ref('int_drug_exposures_by_role') }} where rule_set = '{{ var("rule_set") }}'),
line_doses as (select * from {{ ref('int_line_doses') }} where rule_set = '{{ var("rule_set") }}'),

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
        line_doses.role,
        exposures.is_role_assumed,
        line_doses.line_number
    from exposures
    inner join line_doses
        on
            exposures.person_id = line_doses.person_id
            and exposures.ingredient = line_doses.ingredient
            and exposures.start_date = line_doses.start_date

)

select * from drug_exposures
