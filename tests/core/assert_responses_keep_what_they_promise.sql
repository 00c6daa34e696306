-- Properties of the response engine over all patients; a row is one broken promise.
with points as (select * from {{ ref('int_overall_responses') }}),
assessments as (select * from {{ ref('int_response_assessments') }}),

components as (

    select
        points.*,
        least(
            coalesce(serum_rank, 9), coalesce(urine_rank, 9), coalesce(flc_rank, 9), coalesce(marrow_rank, 9),
            coalesce(plasmacytoma_rank, 9)
        ) as worst_rank,
        risen_marker_count > 0 or is_imaging_progression or is_marrow_progression as is_progression
    from points

),

broken as (

    select
        'better than its worst component' as promise,
        person_id,
        line_number,
        assessed_date
    from components
    where least(response_rank, 5) > worst_rank or least(relaxed_response_rank, 5) > worst_rank
    union all
    select
        'as good as measured though a required marker is missing' as promise,
        person_id,
        line_number,
        assessed_date
    from components
    where is_marker_missing and worst_rank between 2 and 6 and response_rank >= worst_rank
    union all
    select
        'a response without any required marker' as promise,
        person_id,
        line_number,
        assessed_date
    from components
    where coalesce(serum_rank, urine_rank, flc_rank, marrow_rank) is null and response_rank > 0
    union all
    select
        'a progression that is no progression' as promise,
        person_id,
        line_number,
        assessed_date
    from components
    where (response_rank = 0) != is_progression
    union all
    select
        'a complete response with unknown immunofixation or marrow' as promise,
        points.person_id,
        points.line_number,
        points.assessed_date
    from points
    inner join assessments
        on
            points.person_id = assessments.person_id
            and points.line_number = assessments.line_number
            and points.assessment_number = assessments.assessment_number
    where points.response_rank >= 5 and (coalesce(assessments.has_serum_band, true) or assessments.marrow is null)
    union all
    select
        'more M-protein, deeper response' as promise,
        higher.person_id,
        higher.line_number,
        higher.assessed_date
    from points as higher
    inner join points as lower
        on
            higher.person_id = lower.person_id
            and higher.line_number = lower.line_number
            and higher.serum > lower.serum
    where
        higher.serum_rank > lower.serum_rank
        and (higher.serum_rank < 5 or lower.serum_rank < 4)

)

select * from broken
