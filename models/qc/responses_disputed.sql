-- One row per source, derived and charted best response of a line, with how many lines have this pair.
-- Definition: line_responses where the site recorded a response: strict and relaxed derivation beside it. Agreement on
-- PR or better is the row's is_agreed.

with line_responses as (

    select * from {{ ref('line_responses') }}
    where charted_best_response is not null

),

patients as (select * from {{ ref('patients') }}),
categories as (select * from {{ ref('response_categories') }}),

responses_disputed as (

    select
        patients.source_name,
        line_responses.best_response,
        line_responses.relaxed_best_response,
        line_responses.charted_best_response,
        derived.is_response = charted.is_response as is_agreed,
        count(*) as line_count
    from line_responses
    inner join patients on line_responses.person_id = patients.person_id
    left join categories as derived on line_responses.best_response = derived.response
    left join categories as charted on line_responses.charted_best_response = charted.response
    group by 1, 2, 3, 4, 5

)

select * from responses_disputed
