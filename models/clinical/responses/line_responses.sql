-- One row per person and line of therapy: how well the line worked.
-- Definition: best_response is the best confirmed response before the first confirmed progression or the next line
-- (algorithms 4.3 rule 6), relaxed_best_response the same without confirmation or marrow (rule 8, for response rates,
-- never for complete response); day90_response the point response nearest day 90 in [60, 120], PD after a confirmed
-- progression or death before it (rule 7), NE without any; charted_best_response what the site recorded. MRD needs an
-- assay of at most mrd_sensitivity and a complete response (rule 9).
-- Limits: is_evaluable false belongs in the denominator of all lines (intention to treat), not in that of the
-- evaluable.

with response_lines as (select * from {{ ref('int_response_lines') }}),
categories as (select * from {{ ref('response_categories') }}),
best as (select * from {{ ref('int_confirmed_best_responses') }}),
best_points as (select * from {{ ref('int_best_overall_responses') }}),
charted as (select * from {{ ref('int_charted_responses') }}),

best_charted as (

    select
        response_lines.person_id,
        response_lines.line_number,
        max(charted.depth) as charted_depth
    from response_lines
    inner join charted
        on
            response_lines.person_id = charted.person_id
            and response_lines.index_date < charted.charted_date
            and coalesce(response_lines.next_line_start_date, date '9999-12-31') >= charted.charted_date
    group by 1, 2

),

gathered as (

    select
        response_lines.*,
        best.best_depth,
        best.progression_date,
        best.first_response_date,
        best.first_complete_response_date,
        best_points.relaxed_depth,
        best_points.is_mrd_negative,
        best_points.is_mrd_negative_any,
        best_points.is_mrd_sustained,
        best_charted.charted_depth,
        case
            when
                {{ days_between(
                    'response_lines.index_date', 'least(best.progression_date, response_lines.death_date)'
                ) }}
                <= {{ parameter('responses', 'day90') }}
                then 0
            else best_points.day90_depth
        end as day90_depth,
        best_points.day90_best_depth
    from response_lines
    left join best on response_lines.person_id = best.person_id and response_lines.line_number = best.line_number
    left join best_points
        on response_lines.person_id = best_points.person_id and response_lines.line_number = best_points.line_number
    left join best_charted
        on response_lines.person_id = best_charted.person_id and response_lines.line_number = best_charted.line_number

),

line_responses as (

    select
        gathered.person_id,
        cast(gathered.line_number as integer) as line_number,
        coalesce(best_categories.response, 'NE') as best_response,
        case when gathered.relaxed_depth >= 5 then 'CR_lab' else coalesce(relaxed_categories.response, 'NE') end
            as relaxed_best_response,
        coalesce(day90_categories.response, 'NE') as day90_response,
        coalesce(day90_best_categories.response, 'NE') as day90_best_response,
        charted_categories.response as charted_best_response,
        gathered.best_depth is not null as is_evaluable,
        best_categories.is_response as is_responder,
        gathered.is_mrd_negative,
        gathered.is_mrd_negative_any,
        gathered.is_mrd_sustained,
        gathered.index_date as line_index_date,
        gathered.first_response_date,
        gathered.first_complete_response_date,
        gathered.progression_date
    from gathered
    left join categories as best_categories on gathered.best_depth = best_categories.depth
    left join categories as relaxed_categories on gathered.relaxed_depth = relaxed_categories.depth
    left join categories as day90_categories on gathered.day90_depth = day90_categories.depth
    left join categories as day90_best_categories on gathered.day90_best_depth = day90_best_categories.depth
    left join categories as charted_categories on gathered.charted_depth = charted_categories.depth

)

select * from line_responses
