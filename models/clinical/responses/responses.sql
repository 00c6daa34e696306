-- One row per person, line of therapy and disease assessment: the response by IMWG 2016.
-- Definition: response is the point response, confirmed_response the best confirmed one so far (algorithms 4.3);
-- relaxed_response asks no confirmation and no marrow (CR_lab instead of CR). NE when no required marker was measured.
-- driver names the marker that set it. is_interference_possible: a positive immunofixation at a reduction of 90 % or
-- more within interference_days of an anti-CD38 antibody, which is an IgG kappa itself (algorithms 4.2); it changes no
-- response.
-- Limits: derived from laboratory and charted findings; what the physician wrote stands in line_responses.

with point_responses as (

    select * from {{ ref('int_overall_responses') }}
    where not is_after_line

),

confirmed as (select * from {{ ref('int_responses_confirmed') }}),
categories as (select * from {{ ref('response_categories') }}),
assessments as (select * from {{ ref('int_response_assessments') }}),

antibodies as (

    select * from {{ ref('drug_exposures') }}
    where drug_class = 'anti_cd38'

),

interfered as (

    select distinct
        assessments.person_id,
        assessments.line_number,
        assessments.assessment_number
    from assessments
    inner join antibodies
        on
            assessments.person_id = antibodies.person_id
            and assessments.assessed_date >= antibodies.start_date
            and {{ days_between('antibodies.last_dose_date', 'assessments.assessed_date') }}
            <= {{ parameter('responses', 'interference_days') }}
    where assessments.has_serum_band

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
        case
            when assessments.has_serum_band is not null
                then interfered.person_id is not null and coalesce(point_responses.serum_depth >= 4, false)
        end as is_interference_possible,
        point_responses.assessed_date
    from point_responses
    left join confirmed
        on
            point_responses.person_id = confirmed.person_id
            and point_responses.line_number = confirmed.line_number
            and point_responses.assessment_number = confirmed.assessment_number
    left join assessments
        on
            point_responses.person_id = assessments.person_id
            and point_responses.line_number = assessments.line_number
            and point_responses.assessment_number = assessments.assessment_number
    left join interfered
        on
            point_responses.person_id = interfered.person_id
            and point_responses.line_number = interfered.line_number
            and point_responses.assessment_number = interfered.assessment_number
    left join categories as points on point_responses.depth = points.depth
    left join categories as confirmed_categories on confirmed.confirmed_depth = confirmed_categories.depth
    left join categories as relaxed on point_responses.relaxed_depth = relaxed.depth

)

select * from responses
