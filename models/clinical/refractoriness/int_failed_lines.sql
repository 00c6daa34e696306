-- One row per person, line that failed and way in which it did, with the day on which that was known.
-- Definition: specification refractoriness 3.3 (Rajkumar 2011). no_response (rule 2): nothing better than stable
-- disease at two assessments or more, the last of them 60 days into the line or later. next_line (rule 3): another line
-- began, and that may tell of failure: not where the same drug merely came back, nor where a transplant or infusion
-- followed a documented partial response.

with lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),
best_responses as (select * from {{ ref('int_best_overall_responses') }}),

toxicities as (

    select
        events.person_id,
        events.start_date
    from {{ ref('int_coded_events') }} as events
    inner join {{ ref('concept_set_roles') }} as roles on events.concept_set_id = roles.concept_set_id
    where roles.algorithm = 'refractoriness' and roles.role = 'switch_toxicity'

),

assessments as (

    select * from {{ ref('responses') }}
    where response != 'NE'

),

lines_without_response as (

    select
        lines_of_therapy.person_id,
        lines_of_therapy.line_number,
        'no_response' as failure,
        max(assessments.assessed_date) as evidence_date
    from lines_of_therapy
    inner join best_responses
        on
            lines_of_therapy.person_id = best_responses.person_id
            and lines_of_therapy.line_number = best_responses.line_number
    inner join assessments
        on
            lines_of_therapy.person_id = assessments.person_id
            and lines_of_therapy.line_number = assessments.line_number
    where best_responses.confirmed_rank <= {{ response_rank('SD') }}
    group by 1, 2
    having
        count(distinct assessments.assessed_date) >= 2
        and {{ days_between('min(lines_of_therapy.line_start_date)', 'max(assessments.assessed_date)') }}
        >= {{ parameter('refractoriness', 'nonresponse_min_days') }}

),

switches as (

    select
        next_lines.person_id,
        lines_of_therapy.line_number,
        lines_of_therapy.line_start_date,
        next_lines.line_start_date as switch_date,
        next_lines.start_reason
    from lines_of_therapy as next_lines
    inner join lines_of_therapy
        on
            next_lines.person_id = lines_of_therapy.person_id
            and next_lines.line_number - 1 = lines_of_therapy.line_number

),

switches_for_toxicity as (

    select distinct
        switches.person_id,
        switches.line_number
    from switches
    inner join toxicities
        on
            switches.person_id = toxicities.person_id
            and switches.line_start_date < toxicities.start_date
            and {{ days_between('toxicities.start_date', 'switches.switch_date') }}
            between 0 and {{ parameter('refractoriness', 'toxicity_stop_days') }}

),

lines_switched as (

    select
        switches.person_id,
        switches.line_number,
        'next_line' as failure,
        switches.switch_date as evidence_date
    from switches
    left join best_responses
        on switches.person_id = best_responses.person_id and switches.line_number = best_responses.line_number
    left join switches_for_toxicity
        on
            switches.person_id = switches_for_toxicity.person_id
            and switches.line_number = switches_for_toxicity.line_number
    where
        switches.start_reason != 'GAP'
        and not (
            switches.start_reason in ('CART', 'ASCT')
            and coalesce(best_responses.confirmed_rank >= {{ response_rank('PR') }}, false)
        )
        and switches_for_toxicity.person_id is null

),

failed_lines as (

    select * from lines_without_response
    union all
    select * from lines_switched

)

select * from failed_lines
