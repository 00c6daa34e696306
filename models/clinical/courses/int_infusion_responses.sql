-- One row per person and line of therapy with a CAR-T infusion, and the line after it: its response as studies report.
-- Definition: what the treating physician charted in the line, else what the markers show (definitions 3.5: assessed by
-- the treating physician). Whether a response is complete is known where it was charted or immunofixation was done;
-- day 90 is the charted response nearest to it in [60, 120], else the derived one.
-- Limits: a response that is charted late is dated late.

with infusions as (select * from {{ ref('int_infusions_followed') }}),

line_responses as (

    select
        line_responses.*,
        case when is_evaluable then categories.response_rank end as derived_depth,
        day90_categories.response_rank as derived_day90_depth
    from {{ ref('line_responses') }} as line_responses
    left join {{ ref('response_categories') }} as categories on line_responses.best_response = categories.response
    left join {{ ref('response_categories') }} as day90_categories on day90_response = day90_categories.response

),

findings as (

    select
        person_id,
        charted_date as found_date,
        response_rank as depth,
        false as is_immunofixation
    from {{ ref('int_charted_responses') }}
    union all
    select
        person_id,
        marker_date as found_date,
        cast(null as integer) as depth,
        true as is_immunofixation
    from {{ ref('int_disease_markers') }}
    where has_serum_band is not null

),

lines as (

    select
        person_id,
        line_number,
        infusion_date as start_date,
        coalesce(next_line_date, date '9999-12-31') as until_date,
        true as is_infusion
    from infusions
    union all
    select
        person_id,
        line_number + 1 as line_number,
        next_line_date as start_date,
        coalesce(second_line_date, date '9999-12-31') as until_date,
        false as is_infusion
    from infusions
    where next_line_date is not null and progression_date is not null

),

found as (

    select
        lines.person_id,
        lines.line_number,
        lines.is_infusion,
        bool_or(findings.is_immunofixation) as has_immunofixation,
        max(findings.depth) as depth,
        min(case when findings.depth >= 3 then findings.found_date end) as response_date,
        min(case when findings.depth >= 5 then findings.found_date end) as complete_response_date,
        min_by(
            findings.depth,
            case
                when
                    {{ days_between('lines.start_date', 'findings.found_date') }}
                    between {{ parameter('responses', 'day90_from') }} and {{ parameter('responses', 'day90_to') }}
                    then abs({{ days_between('lines.start_date', 'findings.found_date') }} - {{ parameter('responses', 'day90') }}) * 10 - findings.depth
            end
        ) as day90_depth
    from lines
    inner join findings
        on
            lines.person_id = findings.person_id
            and lines.start_date < findings.found_date
            and lines.until_date >= findings.found_date
    group by 1, 2, 3

),

infusion_responses as (

    select
        lines.person_id,
        lines.line_number,
        lines.is_infusion,
        coalesce(found.depth, line_responses.derived_depth) as depth,
        coalesce(found.day90_depth, line_responses.derived_day90_depth) as day90_depth,
        found.depth is not null or coalesce(found.has_immunofixation, false) as is_completeness_known,
        found.day90_depth is not null
        or coalesce(found.has_immunofixation, false)
        or coalesce(line_responses.derived_day90_depth = 0, false) as is_day90_completeness_known,
        least(found.response_date, line_responses.first_response_date) as response_date,
        least(found.complete_response_date, line_responses.first_complete_response_date) as complete_response_date
    from lines
    left join line_responses
        on lines.person_id = line_responses.person_id and lines.line_number = line_responses.line_number
    left join found
        on
            lines.person_id = found.person_id
            and lines.line_number = found.line_number
            and lines.is_infusion = found.is_infusion

)

select * from infusion_responses
