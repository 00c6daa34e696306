-- One row per patient, line of therapy and disease assessment: the response by IMWG 2016.
-- Definition: response is the overall response at the assessment, confirmed_response the best confirmed one so far
-- (specification responses 4.3, Kumar 2016); relaxed_response asks no confirmation and no marrow (CR_lab instead of
-- CR). NE when no required marker was measured. driver names the marker that set it. is_interference_possible: a
-- positive immunofixation at a reduction of 90 % or more within interference_days of an anti-CD38 antibody, which is an
-- IgG kappa itself (specification responses 4.2); it changes no response.
-- Limits: derived from laboratory and charted findings; what the physician wrote stands in line_responses.

with overall_responses as (select * from {{ ref('int_overall_responses') }} where not is_after_line),
responses_confirmed as (select * from {{ ref('int_responses_confirmed') }}),
categories as (select * from {{ ref('response_categories') }}),
antibodies as (select * from {{ ref('drug_exposures') }} where drug_class = 'anti_cd38'),

assessments_on_antibodies as (

    select distinct
        overall_responses.person_id,
        overall_responses.assessed_date
    from overall_responses
    inner join antibodies
        on
            overall_responses.person_id = antibodies.person_id
            and overall_responses.assessed_date >= antibodies.start_date
            and {{ days_between('antibodies.last_dose_date', 'overall_responses.assessed_date') }}
            <= {{ parameter('responses', 'interference_days') }}
    where overall_responses.has_serum_band

),

responses as (

    select
        overall_responses.person_id,
        cast(overall_responses.line_number as integer) as line_number,
        cast(overall_responses.assessment_number as integer) as assessment_number,
        coalesce(overall_categories.response, 'NE') as response,
        confirmed_categories.response as confirmed_response,
        case
            when overall_responses.relaxed_response_rank >= {{ response_rank('CR') }} then 'CR_lab'
            else coalesce(relaxed_categories.response, 'NE')
        end as relaxed_response,
        overall_responses.driver,
        '2016' as criteria_version,
        responses_confirmed.is_confirmed,
        overall_responses.is_marker_missing,
        case
            when overall_responses.has_serum_band is not null
                then
                    assessments_on_antibodies.person_id is not null
                    and coalesce(overall_responses.serum_rank >= {{ response_rank('VGPR') }}, false)
        end as is_interference_possible,
        overall_responses.assessed_date
    from overall_responses
    left join responses_confirmed
        on
            overall_responses.person_id = responses_confirmed.person_id
            and overall_responses.line_number = responses_confirmed.line_number
            and overall_responses.assessment_number = responses_confirmed.assessment_number
    left join assessments_on_antibodies
        on
            overall_responses.person_id = assessments_on_antibodies.person_id
            and overall_responses.assessed_date = assessments_on_antibodies.assessed_date
    left join categories as overall_categories
        on overall_responses.response_rank = overall_categories.response_rank
    left join categories as confirmed_categories
        on responses_confirmed.confirmed_rank = confirmed_categories.response_rank
    left join categories as relaxed_categories
        on overall_responses.relaxed_response_rank = relaxed_categories.response_rank

)

select * from responses
