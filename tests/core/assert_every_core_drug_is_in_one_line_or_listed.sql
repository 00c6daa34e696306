-- Under every rule set a core drug given to a person with myeloma is in exactly one line that had begun, had not been
-- followed and names the drug, or listed in qc.therapy_days_unplaced with the reason, and never both.

with exposures as (

    select exposures.*
    from {{ ref('int_drug_exposures_by_role') }} as exposures
    inner join {{ ref('int_myeloma_patients') }} as patients on exposures.person_id = patients.person_id
    where exposures.role = 'core'

),

lines as (

    select
        lines_of_therapy.rule_set,
        lines_of_therapy.person_id,
        lines_of_therapy.line_start_date,
        '+' || coalesce(lines_of_therapy.drugs, '') || '+' || coalesce(lines_of_therapy.bridging_drugs, '') || '+' as drugs,
        lines_counted.next_start_date
    from {{ ref('lines_of_therapy_by_rule_set') }} as lines_of_therapy
    inner join {{ ref('int_lines_counted') }} as lines_counted
        on
            lines_of_therapy.rule_set = lines_counted.rule_set
            and lines_of_therapy.person_id = lines_counted.person_id
            and lines_of_therapy.line_number = lines_counted.line_number

),

places as (

    select
        exposures.rule_set,
        exposures.person_id,
        exposures.ingredient,
        exposures.start_date,
        'line' as place
    from exposures
    inner join lines
        on
            exposures.rule_set = lines.rule_set
            and exposures.person_id = lines.person_id
            and exposures.start_date >= lines.line_start_date
            and (lines.next_start_date is null or exposures.start_date < lines.next_start_date)
            and lines.drugs like '%+' || exposures.ingredient || '+%'
    union all
    select
        rule_set,
        person_id,
        ingredient,
        start_date,
        reason as place
    from {{ ref('therapy_days_unplaced') }}

)

select
    exposures.rule_set,
    exposures.person_id,
    exposures.ingredient,
    exposures.start_date,
    count(places.place) as place_count
from exposures
left join places
    on
        exposures.rule_set = places.rule_set
        and exposures.person_id = places.person_id
        and exposures.ingredient = places.ingredient
        and exposures.start_date = places.start_date
group by 1, 2, 3, 4
having count(places.place) != 1
