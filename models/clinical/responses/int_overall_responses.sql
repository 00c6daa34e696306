-- One row per patient, line of therapy and disease assessment: the response at this point, before any confirmation.
-- Definition: IMWG 2016 (algorithms 4.1). Progression goes first: a marker that has risen, or a new lesion. Else
-- the depth is the lowest over the markers that were measurable at baseline (response_categories: 6 sCR to 1 SD),
-- one level lower when one of them is missing; complete response also needs negative immunofixation, marrow below 5
-- % and no plasmacytoma, each known. depth is NULL (NE) without any required marker.
-- Limits: relaxed_depth asks neither marrow nor urine of a complete response (CR_lab).

with assessments as (select * from {{ ref('int_response_assessments') }}),
rises as (select * from {{ ref('int_rises_from_nadir') }}),
depths as (select * from {{ ref('int_marker_depths') }}),

judged as (

    select
        assessments.*,
        depths.is_ratio_normal,
        depths.is_complete,
        depths.serum_depth,
        depths.urine_depth,
        depths.flc_depth,
        depths.marrow_depth,
        depths.plasmacytoma_depth,
        case
            when coalesce(serum_depth, urine_depth, flc_depth, marrow_depth) is not null
                then least(
                    coalesce(serum_depth, 9), coalesce(urine_depth, 9), coalesce(flc_depth, 9),
                    coalesce(marrow_depth, 9), coalesce(plasmacytoma_depth, 9)
                )
        end as lowest_depth,
        (is_serum_measurable and serum_depth is null)
        or (is_urine_measurable and urine_depth is null)
        or (coalesce(baseline_plasmacytoma, 0) > 0 and plasmacytoma_depth is null) as is_marker_missing,
        case when is_serum_risen then 1 else 0 end + case when is_urine_risen then 1 else 0 end
        + case when is_flc_risen then 1 else 0 end as risen_marker_count,
        coalesce(has_new_lesion, false) or coalesce(is_plasmacytoma_risen, false) as is_imaging_progression,
        coalesce(is_marrow_risen, false) as is_marrow_progression
    from assessments
    inner join rises
        on
            assessments.person_id = rises.person_id
            and assessments.line_number = rises.line_number
            and assessments.assessment_number = rises.assessment_number
    inner join depths
        on
            assessments.person_id = depths.person_id
            and assessments.line_number = depths.line_number
            and assessments.assessment_number = depths.assessment_number

),

point_responses as (

    select
        person_id,
        line_number,
        assessment_number,
        assessed_date,
        index_date,
        is_after_line,
        risen_marker_count,
        is_imaging_progression,
        is_marrow_progression,
        is_marker_missing,
        serum,
        urine,
        flc,
        serum_depth,
        urine_depth,
        flc_depth,
        marrow_depth,
        plasmacytoma_depth,
        lowest_depth,
        serum is not null or urine is not null or flc is not null as has_lab,
        has_residual_disease,
        residual_disease_sensitivity,
        case
            when is_imaging_progression then 'imaging'
            when risen_marker_count > 0 then 'laboratory'
            when is_marrow_progression then 'marrow'
            when lowest_depth is null then null
            when lowest_depth = serum_depth then 'serum'
            when lowest_depth = urine_depth then 'urine'
            when lowest_depth = flc_depth then 'light_chains'
            when lowest_depth = plasmacytoma_depth then 'plasmacytoma'
            else 'marrow'
        end as driver,
        case
            when risen_marker_count > 0 or is_imaging_progression or is_marrow_progression then 0
            when lowest_depth is null then null
            when is_marker_missing then greatest(least(lowest_depth, 4) - 1, 1)
            when lowest_depth = 5 and is_complete and is_ratio_normal and not has_clonal_cells then 6
            when lowest_depth = 5 and not is_complete then 4
            else lowest_depth
        end as depth,
        case
            when risen_marker_count > 0 or is_imaging_progression or is_marrow_progression then 0
            when lowest_depth = 5 and coalesce(has_serum_band, true) then 4
            else lowest_depth
        end as relaxed_depth
    from judged

)

select * from point_responses
