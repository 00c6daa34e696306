-- One row per person, line of therapy and disease assessment: the response by IMWG 2016.
-- Definition: response is the point response, confirmed_response the best confirmed one so far (algorithms 4.3);
-- relaxed_response asks no confirmation and no marrow (CR_lab instead of CR). NE when no required marker was measured.
-- driver names the marker that set it.
-- Limits: derived from laboratory and charted findings; what the physician wrote stands in line_responses.

with point_responses as (

    select * from {{ ref('int_point_responses') }}
    where not is_after_line

),

confirmed as (

    select * from {{ ref('int_responses_confirmed') }}

),

categories as (

    select * from {{ ref('response_categories') }}

),

responses as (

    select
        point_responses.person_id,
        cast(point_responses.line_number as integer) as line_number,
        cast(point_responses.assessment_number as integer) as assessment_number,
        coalesce(points.response, 'NE') as response,
        confirmed_categories.response as confirmed_response,
        case when point_responses.relaxed_depth >= 5 then 'CR_lab' else coalesce(relaxed.response, 'NE') end
            as relaxed_response,
        point_responses.driver,
        '2016' as criteria_version,
        confirmed.is_confirmed,
        point_responses.is_marker_missing,
        point_responses.assessed_date
    from point_responses
    left join confirmed
        on
            point_responses.person_id = confirmed.person_id
            and point_responses.line_number = confirmed.line_number
            and point_responses.assessment_number = confirmed.assessment_number
    left join categories as points on point_responses.depth = points.depth
    left join categories as confirmed_categories on confirmed.confirmed_depth = confirmed_categories.depth
    left join categories as relaxed on point_responses.relaxed_depth = relaxed.depth

)

select * from responses
