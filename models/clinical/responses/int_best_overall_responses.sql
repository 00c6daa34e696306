-- One row per patient and line of therapy with an assessment: its best overall responses, confirmed and not.
-- Definition: confirmed_rank is the confirmed best response before the first confirmed progression or the next line,
-- with the first days of a response (PR or better) and of a complete one that a later assessment confirmed
-- (specification responses 4.3 rule 6, Kumar 2016); relaxed_rank the best relaxed one up to the first confirmed
-- progression (rule 8); the overall response nearest day 90 in [60, 120], and the best up to day 120 (rule 7).

with responses_confirmed as (select * from {{ ref('int_responses_confirmed') }}),

overall_responses as (

    select
        overall_responses.*,
        {{ days_between('index_date', 'assessed_date') }} as assessed_day
    from {{ ref('int_overall_responses') }} as overall_responses
    where not is_after_line

),

confirmed_best_responses as (

    select
        person_id,
        line_number,
        max(confirmed_rank) as confirmed_rank,
        min(case when progression_number = assessment_number then assessed_date end) as progression_date,
        min(case when credited_rank >= {{ response_rank('PR') }} and is_before_progression then assessed_date end)
            as first_response_date,
        min(case when credited_rank >= {{ response_rank('CR') }} and is_before_progression then assessed_date end)
            as first_complete_response_date
    from responses_confirmed
    group by 1, 2

),

best_overall_responses as (

    select
        overall_responses.person_id,
        overall_responses.line_number,
        confirmed_best_responses.confirmed_rank,
        confirmed_best_responses.progression_date,
        confirmed_best_responses.first_response_date,
        confirmed_best_responses.first_complete_response_date,
        max(
            case
                when
                    confirmed_best_responses.progression_date is null
                    or overall_responses.assessed_date <= confirmed_best_responses.progression_date
                    then relaxed_response_rank
            end
        ) as relaxed_rank,
        min_by(
            response_rank,
            case
                when
                    response_rank is not null
                    and assessed_day between {{ parameter('responses', 'day90_from') }}
                    and {{ parameter('responses', 'day90_to') }}
                    then abs(assessed_day - {{ parameter('responses', 'day90') }}) * 1000 + assessed_day
            end
        ) as day90_rank,
        max(case when assessed_day <= {{ parameter('responses', 'day90_to') }} then response_rank end)
            as day90_best_rank
    from overall_responses
    left join confirmed_best_responses
        on
            overall_responses.person_id = confirmed_best_responses.person_id
            and overall_responses.line_number = confirmed_best_responses.line_number
    group by 1, 2, 3, 4, 5, 6

)

select * from best_overall_responses
