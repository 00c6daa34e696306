-- One row per person and line of therapy with a CAR-T infusion, and the line after it: its response as studies report.
-- Definition: what the treating physician charted in the line, else what the markers show (specification studies D3.5:
-- assessed by the treating physician). Whether a response is complete is known where it was charted or immunofixation
-- was done; day 90 is the charted response nearest to it in [60, 120], the better of two as near, else the derived one.
-- Who responds by that rule is dated by the first day on which either saw it, and nobody else is: rates, cohorts of
-- responders and their dates speak of the same patients. Both responses stand beside each other.
-- Limits: a response that is charted late is dated late.

with infusion_courses as (select * from {{ ref('int_infusion_courses') }}),
line_responses as (select * from {{ ref('line_responses') }}),
categories as (select * from {{ ref('response_categories') }}),
charted_responses as (select * from {{ ref('int_charted_responses') }}),

immunofixations as (

    select * from {{ ref('int_disease_markers') }}
    where has_serum_band is not null

),

lines as (

    select
        person_id,
        line_number,
        infusion_date as start_date,
        coalesce(next_line_date, date '9999-12-31') as until_date,
        true as is_infusion
    from infusion_courses
    union all
    select
        person_id,
        line_number + 1 as line_number,
        next_line_date as start_date,
        coalesce(second_line_date, date '9999-12-31') as until_date,
        false as is_infusion
    from infusion_courses
    where next_line_date is not null and progression_date is not null

),

findings as (

    select
        charted_responses.person_id,
        charted_responses.charted_date as found_date,
        categories.response_rank,
        categories.is_response,
        categories.response in ('CR', 'sCR') as is_complete,
        false as is_immunofixation
    from charted_responses
    inner join categories on charted_responses.response = categories.response
    union all
    select
        person_id,
        marker_date as found_date,
        cast(null as integer) as response_rank,
        cast(null as boolean) as is_response,
        cast(null as boolean) as is_complete,
        true as is_immunofixation
    from immunofixations

),

findings_in_lines as (

    select
        lines.person_id,
        lines.line_number,
        lines.is_infusion,
        findings.found_date,
        findings.response_rank,
        findings.is_response,
        findings.is_complete,
        findings.is_immunofixation,
        {{ days_between('lines.start_date', 'findings.found_date') }} as found_day
    from lines
    inner join findings
        on
            lines.person_id = findings.person_id
            and lines.start_date < findings.found_date
            and lines.until_date >= findings.found_date

),

summaries as (

    select
        person_id,
        line_number,
        is_infusion,
        bool_or(is_immunofixation) as has_immunofixation,
        max(response_rank) as response_rank,
        min(case when is_response then found_date end) as response_date,
        min(case when is_complete then found_date end) as complete_response_date,
        min_by(
            response_rank,
            case
                when found_day between {{ parameter('responses', 'day90_from') }} and {{ parameter('responses', 'day90_to') }}
                    then abs(found_day - {{ parameter('responses', 'day90') }}) * 10 - response_rank
            end
        ) as day90_response_rank
    from findings_in_lines
    group by 1, 2, 3

),

responses_found as (

    select
        lines.person_id,
        lines.line_number,
        lines.is_infusion,
        summaries.response_rank as charted_rank,
        case when line_responses.is_evaluable then best_categories.response_rank end as derived_rank,
        coalesce(summaries.day90_response_rank, day90_categories.response_rank) as day90_response_rank,
        summaries.response_rank is not null or coalesce(summaries.has_immunofixation, false) as is_completeness_known,
        summaries.day90_response_rank is not null
        or coalesce(summaries.has_immunofixation, false)
        or coalesce(day90_categories.response = 'PD', false) as is_day90_completeness_known,
        least(summaries.response_date, line_responses.first_response_date) as response_date,
        least(summaries.complete_response_date, line_responses.first_complete_response_date) as complete_response_date
    from lines
    left join summaries
        on
            lines.person_id = summaries.person_id
            and lines.line_number = summaries.line_number
            and lines.is_infusion = summaries.is_infusion
    left join line_responses
        on lines.person_id = line_responses.person_id and lines.line_number = line_responses.line_number
    left join categories as best_categories on line_responses.best_response = best_categories.response
    left join categories as day90_categories on line_responses.day90_response = day90_categories.response

),

infusion_responses as (

    select
        responses_found.person_id,
        responses_found.line_number,
        responses_found.is_infusion,
        coalesce(responses_found.charted_rank, responses_found.derived_rank) as response_rank,
        responses_found.charted_rank,
        responses_found.derived_rank,
        responses_found.day90_response_rank,
        responses_found.is_completeness_known,
        responses_found.is_day90_completeness_known,
        case when categories.is_response then responses_found.response_date end as response_date,
        case when categories.response in ('CR', 'sCR') then responses_found.complete_response_date end
            as complete_response_date
    from responses_found
    left join categories
        on coalesce(responses_found.charted_rank, responses_found.derived_rank) = categories.response_rank

)

select * from infusion_responses
