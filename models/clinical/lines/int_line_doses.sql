-- One row per rule set, patient, ingredient and start date of a myeloma drug: the part it plays, and the line in which
-- it was given.
-- Definition: a core dose is in the line of its spell (int_line_steps), and bridging when that is. Any other dose is in
-- the line that had begun and had not been followed. line_number is null in a line that does not count, before the
-- first line, after the day of death and for a patient without any line; opened_line_number says which line the state
-- machine put it into all the same.

with exposures as (select * from {{ ref('int_drug_exposures_by_role') }}),
patients as (select * from {{ ref('int_myeloma_patients') }}),
spells as (select * from {{ ref('int_line_steps') }} where kind = 'DRUG'),
lines as (select * from {{ ref('int_lines_dated') }}),

line_doses as (

    select
        exposures.rule_set,
        exposures.person_id,
        exposures.ingredient,
        exposures.start_date,
        case when spells.is_bridging then 'bridging' else exposures.role end as role,
        lines.opened_line_number,
        lines.line_number
    from exposures
    inner join patients on exposures.person_id = patients.person_id
    left join spells
        on
            exposures.role = 'core'
            and exposures.rule_set = spells.rule_set
            and exposures.person_id = spells.person_id
            and exposures.ingredient = spells.ingredient
            and exposures.start_date between spells.event_date and spells.last_date
    left join lines
        on
            exposures.rule_set = lines.rule_set
            and exposures.person_id = lines.person_id
            and (
                spells.line_number = lines.opened_line_number
                or (
                    exposures.role != 'core'
                    and exposures.start_date >= lines.line_start_date
                    and (lines.next_start_date is null or exposures.start_date < lines.next_start_date)
                    and (patients.death_date is null or exposures.start_date <= patients.death_date)
                )
            )

)

select * from line_doses
