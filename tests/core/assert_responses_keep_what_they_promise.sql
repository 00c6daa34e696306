-- Properties of the response engine over all patients; a row is one broken promise.
with points as (

    select * from {{ ref('int_overall_responses') }}

),

assessments as (

    select * from {{ ref('int_response_assessments') }}

),

components as (

    select
        points.*,
        least(
            coalesce(serum_depth, 9), coalesce(urine_depth, 9), coalesce(flc_depth, 9), coalesce(marrow_depth, 9),
            coalesce(plasmacytoma_depth, 9)
        ) as worst_depth,
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
    where least(depth, 5) > worst_depth or least(relaxed_depth, 5) > worst_depth
    union all
    select
        'as good as measured though a required marker is missing' as promise,
        person_id,
        line_number,
        assessed_date
    from components
    where is_marker_missing and worst_depth between 2 and 6 and depth >= worst_depth
    union all
    select
        'a response without any required marker' as promise,
        person_id,
        line_number,
        assessed_date
    from components
    where coalesce(serum_depth, urine_depth, flc_depth, marrow_depth) is null and depth > 0
    union all
    select
        'a progression that is no progression' as promise,
        person_id,
        line_number,
        assessed_date
    from components
    where (depth = 0) != is_progression
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
    where points.depth >= 5 and (coalesce(assessments.has_serum_band, true) or assessments.marrow is null)
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
        higher.serum_depth > lower.serum_depth
        and (higher.serum_depth < 5 or lower.serum_depth < 4)

)

select * from broken
