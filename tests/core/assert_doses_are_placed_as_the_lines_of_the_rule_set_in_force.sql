-- core.drug_exposures gives a core or bridging dose the number of a line that had begun, had not been followed and names
-- the drug, and no number only where qc.therapy_days_unplaced says why.

with exposures as (

    select * from {{ ref('drug_exposures') }}
    where role in ('core', 'bridging')

),

lines_of_therapy as (

    select
        lines_of_therapy.*,
        lead(line_start_date) over (partition by person_id order by line_number) as next_start_date
    from {{ ref('lines_of_therapy') }} as lines_of_therapy

),

unplaced as (

    select * from {{ ref('therapy_days_unplaced') }}
    where rule_set = '{{ var("rule_set") }}'

)

select exposures.*
from exposures
left join lines_of_therapy
    on
        exposures.person_id = lines_of_therapy.person_id
        and exposures.line_number = lines_of_therapy.line_number
        and exposures.start_date >= lines_of_therapy.line_start_date
        and (lines_of_therapy.next_start_date is null or exposures.start_date < lines_of_therapy.next_start_date)
        and '+' || coalesce(lines_of_therapy.drugs, '') || '+' || coalesce(lines_of_therapy.bridging_drugs, '') || '+'
        like '%+' || exposures.ingredient || '+%'
left join unplaced
    on
        exposures.person_id = unplaced.person_id
        and exposures.ingredient = unplaced.ingredient
        and exposures.start_date = unplaced.start_date
where (lines_of_therapy.person_id is null) = (unplaced.person_id is null)
