-- One row per patient, line of therapy and evaluable disease assessment: the response that the next assessment lets
-- stand.
-- Definition: specification responses 4.3 rules 3 to 5 (Kumar 2016). A response is credited at its own rank when the
-- next evaluable assessment is as deep, at the next one's rank when that is at least MR, else as SD; the best credit so
-- far holds until the first confirmed progression. A next assessment that lacks a marker, and is as deep in those it
-- has, leaves the word to the next complete one. A progression is confirmed by imaging or marrow, by two markers at
-- once, by the next assessment or the next value of the marker that rose, however soon (even in the next line), or by
-- death from myeloma.
-- Limits: the last assessment of a line has no next one, so it is credited as SD.

with overall_responses as (select * from {{ ref('int_overall_responses') }} where response_rank is not null),
myeloma_deaths as (select * from {{ ref('int_myeloma_deaths') }}),

followed_responses as (

    select
        overall_responses.*,
        response_rank = {{ response_rank('PD') }} as is_progression,
        lead(response_rank) over next_one as next_assessed_rank,
        lead(is_marker_missing) over next_one as is_next_incomplete,
        lead(lowest_rank) over next_one as next_lowest_rank,
        {{ first_known('case when not coalesce(is_marker_missing, false) and not is_after_line then response_rank end', 'partition by overall_responses.person_id, line_number order by assessment_number rows between 1 following and unbounded following') }}
            as next_complete_rank,
        lead(is_after_line) over next_one as is_next_after_line,
        is_serum_risen and {{ first_known('is_serum_risen', 'partition by overall_responses.person_id, line_number order by assessment_number rows between 1 following and unbounded following') }}
            as is_serum_risen_twice,
        is_urine_risen and {{ first_known('is_urine_risen', 'partition by overall_responses.person_id, line_number order by assessment_number rows between 1 following and unbounded following') }}
            as is_urine_risen_twice,
        is_flc_risen and {{ first_known('is_flc_risen', 'partition by overall_responses.person_id, line_number order by assessment_number rows between 1 following and unbounded following') }}
            as is_flc_risen_twice,
        myeloma_deaths.person_id is not null as is_myeloma_death
    from overall_responses
    left join myeloma_deaths on overall_responses.person_id = myeloma_deaths.person_id
    window next_one as (partition by overall_responses.person_id, line_number order by assessment_number)

),

answered_responses as (

    select
        followed_responses.*,
        case
            when
                not is_marker_missing
                and is_next_incomplete
                and next_lowest_rank >= response_rank
                and next_assessed_rank > {{ response_rank('PD') }}
                then greatest(next_assessed_rank, next_complete_rank)
            else next_assessed_rank
        end as next_rank
    from followed_responses

),

credited_responses as (

    select
        answered_responses.*,
        is_progression
        and (
            is_imaging_progression
            or is_marrow_progression
            or (risen_marker_count >= 2 and {{ parameter('responses', 'pd_simultaneous') }} = 1)
            or coalesce(next_assessed_rank = {{ response_rank('PD') }}, false)
            or coalesce(is_serum_risen_twice, false)
            or coalesce(is_urine_risen_twice, false)
            or coalesce(is_flc_risen_twice, false)
            or (next_assessed_rank is null and is_myeloma_death)
        ) as is_progression_confirmed,
        case
            when is_progression then null
            when next_rank is null or is_next_after_line then {{ response_rank('SD') }}
            when next_rank >= response_rank then response_rank
            when next_rank >= {{ response_rank('MR') }} then next_rank
            else {{ response_rank('SD') }}
        end as credited_rank
    from answered_responses

),

responses_of_lines as (

    select
        credited_responses.*,
        min(case when is_progression_confirmed then assessment_number end) over (
            partition by person_id, line_number
        ) as progression_number,
        max(credited_rank) over (
            partition by person_id, line_number order by assessment_number
            rows between unbounded preceding and current row
        ) as best_credited_rank
    from credited_responses
    where not is_after_line

),

responses_confirmed as (

    select
        person_id,
        line_number,
        assessment_number,
        assessed_date,
        response_rank,
        driver,
        is_progression_confirmed,
        credited_rank,
        progression_number,
        coalesce(assessment_number < progression_number, true) as is_before_progression,
        case when assessment_number >= progression_number then {{ response_rank('PD') }} else best_credited_rank end
            as confirmed_rank,
        case
            when is_progression then is_progression_confirmed
            else credited_rank = response_rank and next_rank is not null and not is_next_after_line
        end as is_confirmed
    from responses_of_lines

)

select * from responses_confirmed
