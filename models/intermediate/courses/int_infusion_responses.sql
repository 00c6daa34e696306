-- One row per person and line of therapy with a CAR-T infusion, and the line after it: the response as a study reports
-- it.
-- Definition: what the treating physician charted in the line, else what the markers show (definitions 3.5: assessed by
-- the treating physician). Whether a response is complete is known where it was charted or immunofixation was done;
-- day 90 is the charted response nearest to it in [60, 120], else the derived one.
-- Limits: a response that is charted late is dated late.

with infusions as (

    select * from {{ ref('int_infusions_followed') }}

),

line_responses as (

    select
        line_responses.*,
        case when is_evaluable then categories.depth end as derived_depth,
        day90_categories.depth as derived_day90_depth
    from {{ ref('line_responses') }} as line_responses
    left join {{ ref('response_categories') }} as categories on line_responses.best_response = categories.response
    left join {{ ref('response_categories') }} as day90_categories
        on line_responses.day90_response = day90_categories.response

),

charted_responses as (

    select * from {{ ref('int_charted_responses') }}

),

immunofixations as (

    select
        person_id,
        marker_date
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

charted as (

    select
        lines.person_id,
        lines.line_number,
        lines.is_infusion,
        max(charted_responses.depth) as best_depth,
        min(case when charted_responses.depth >= 3 then charted_responses.charted_date end) as response_date,
        min(case when charted_responses.depth >= 5 then charted_responses.charted_date end) as complete_response_date,
        min_by(
            charted_responses.depth,
            case
                when
                    {{ days_between('lines.start_date', 'charted_responses.charted_date') }}
                    between {{ parameter('responses', 'day90_from') }} and {{ parameter('responses', 'day90_to') }}
                    then
                        abs(
                            {{ days_between('lines.start_date', 'charted_responses.charted_date') }}
                            - {{ parameter('responses', 'day90') }}
                        )
                        * 10 - charted_responses.depth
            end
        ) as day90_depth
    from lines
    inner join charted_responses
        on
            lines.person_id = charted_responses.person_id
            and lines.start_date < charted_responses.charted_date
            and lines.until_date >= charted_responses.charted_date
    group by 1, 2, 3

),

fixed as (

    select distinct
        lines.person_id,
        lines.line_number,
        lines.is_infusion
    from lines
    inner join immunofixations
        on
            lines.person_id = immunofixations.person_id
            and lines.start_date < immunofixations.marker_date
            and lines.until_date >= immunofixations.marker_date

),

infusion_responses as (

    select
        lines.person_id,
        lines.line_number,
        lines.is_infusion,
        lines.start_date,
        coalesce(charted.best_depth, line_responses.derived_depth) as depth,
        coalesce(charted.day90_depth, line_responses.derived_day90_depth) as day90_depth,
        charted.best_depth is not null or fixed.person_id is not null as is_completeness_known,
        charted.day90_depth is not null
        or line_responses.derived_day90_depth = 0
        or fixed.person_id is not null as is_day90_completeness_known,
        least(
            coalesce(charted.response_date, line_responses.first_response_date),
            coalesce(line_responses.first_response_date, charted.response_date)
        ) as response_date,
        least(
            coalesce(charted.complete_response_date, line_responses.first_complete_response_date),
            coalesce(line_responses.first_complete_response_date, charted.complete_response_date)
        ) as complete_response_date
    from lines
    left join line_responses
        on lines.person_id = line_responses.person_id and lines.line_number = line_responses.line_number
    left join charted
        on
            lines.person_id = charted.person_id
            and lines.line_number = charted.line_number
            and lines.is_infusion = charted.is_infusion
    left join fixed
        on
            lines.person_id = fixed.person_id
            and lines.line_number = fixed.line_number
            and lines.is_infusion = fixed.is_infusion

)

select * from infusion_responses
