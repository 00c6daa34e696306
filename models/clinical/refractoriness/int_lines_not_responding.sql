-- One row per person and line with nothing better than stable disease, with the day on which that was known.
-- Definition: algorithms 3.3 rule 2: two assessments or more, the last of them 60 days into the line or later.

with lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),

responses as (

    select * from {{ ref('responses') }}
    where response != 'NE'

),

line_responses as (select * from {{ ref('line_responses') }}),

lines_not_responding as (

    select
        lines_of_therapy.person_id,
        lines_of_therapy.line_number,
        max(responses.assessed_date) as evidence_date
    from lines_of_therapy
    inner join line_responses
        on
            lines_of_therapy.person_id = line_responses.person_id
            and lines_of_therapy.line_number = line_responses.line_number
    inner join responses
        on
            lines_of_therapy.person_id = responses.person_id and lines_of_therapy.line_number = responses.line_number
    where line_responses.best_response in ('SD', 'PD')
    group by 1, 2
    having
        count(distinct responses.assessed_date) >= 2
        and {{ days_between('min(lines_of_therapy.line_start_date)', 'max(responses.assessed_date)') }}
        >= {{ parameter('refractoriness', 'nonresponse_min_days') }}

)

select * from lines_not_responding
