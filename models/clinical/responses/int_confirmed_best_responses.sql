-- One row per patient and line of therapy with an evaluable assessment: what its confirmed responses come to.
-- Definition: the best confirmed depth before the first confirmed progression or the next line, and the first days
-- of a response (PR or better) and of a complete one that a later assessment confirmed (algorithms 4.3 rule 6).

with confirmed as (select * from {{ ref('int_responses_confirmed') }}),

line_credits as (

    select
        person_id,
        line_number,
        max(confirmed_depth) as best_depth,
        min(case when progression_number = assessment_number then assessed_date end) as progression_date,
        min(
            case
                when credited_depth >= 3 and coalesce(progression_number > assessment_number, true)
                    then assessed_date
            end
        ) as first_response_date,
        min(
            case
                when credited_depth >= 5 and coalesce(progression_number > assessment_number, true)
                    then assessed_date
            end
        ) as first_complete_response_date
    from confirmed
    group by 1, 2

)

select * from line_credits
