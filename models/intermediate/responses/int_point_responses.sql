-- One row per patient, line of therapy and disease assessment: the response at this point, before any confirmation.
-- Definition: IMWG 2016 (algorithms 4.1). Progression goes first: a rise from the nadir, the lowest of the baseline
-- and all earlier values. Else the depth is the lowest over the markers that were measurable at baseline
-- (response_categories: 6 sCR to 1 SD), one level lower when one of them is missing; complete response also needs
-- negative immunofixation, marrow below 5 % and no plasmacytoma, each known. depth is NULL (NE) without any required
-- marker.
-- Limits: relaxed_depth asks neither marrow nor urine of a complete response (CR_lab).

with assessed as (

    select
        response_assessments.*,
        least(baseline_serum, min(serum) over earlier) as serum_nadir,
        least(baseline_urine, min(urine) over earlier) as urine_nadir,
        least(baseline_flc, min(flc) over earlier) as flc_nadir,
        least(baseline_marrow, min(marrow) over earlier) as marrow_nadir,
        least(baseline_plasmacytoma, min(plasmacytoma) over earlier) as plasmacytoma_nadir,
        flc_ratio between {{ parameter('responses', 'lambda_ratio_below') }}
        and {{ parameter('responses', 'kappa_ratio_above') }} as is_ratio_normal
    from {{ ref('int_response_assessments') }} as response_assessments
    window earlier as (
        partition by person_id, line_number order by assessment_number
        rows between unbounded preceding and 1 preceding
    )

),

risen as (

    select
        assessed.*,
        {{ has_risen(
            'serum', 'serum_nadir',
            'case when serum_nadir >= ' ~ parameter('responses', 'pd_serum_high_nadir') ~ ' then '
            ~ parameter('responses', 'pd_serum_high_rise') ~ ' else ' ~ parameter('responses', 'pd_serum_rise') ~ ' end',
            parameter('responses', 'pd_relative_rise')
        ) }} as is_serum_risen,
        {{ has_risen(
            'urine', 'urine_nadir', parameter('responses', 'pd_urine_rise'), parameter('responses', 'pd_relative_rise')
        ) }}
            as is_urine_risen,
        case
            when not is_serum_measurable and not is_urine_measurable
                then {{ has_risen(
                    'flc', 'flc_nadir', parameter('responses', 'pd_flc_rise'),
                    parameter('responses', 'pd_relative_rise'), strictly=true
                ) }}
        end as is_flc_risen,
        case
            when not is_serum_measurable and not is_urine_measurable and not is_flc_measurable
                then {{ has_risen(
                    'marrow', 'marrow_nadir', parameter('responses', 'pd_marrow_rise'),
                    parameter('responses', 'pd_relative_rise')
                ) }}
        end as is_marrow_risen,
        plasmacytoma_nadir > 0
        and plasmacytoma >= plasmacytoma_nadir * (1 + {{ parameter('responses', 'pd_plasmacytoma_rise') }})
            as is_plasmacytoma_risen
    from assessed

),

depths as (

    select
        risen.*,
        case
            when not is_serum_measurable or serum is null then null
            when serum <= 0 and not has_serum_band then 5
            when {{ is_at_most_share('serum', 'baseline_serum', 'vgpr_serum_share') }} then 4
            when {{ is_at_most_share('serum', 'baseline_serum', 'pr_serum_share') }} then 3
            when {{ is_at_most_share('serum', 'baseline_serum', 'mr_serum_share') }} then 2
            else 1
        end as serum_depth,
        case
            when not is_urine_measurable or urine is null then null
            when urine <= 0 and not has_urine_band then 5
            when
                urine < {{ parameter('responses', 'vgpr_urine') }}
                and {{ is_at_most_share('urine', 'baseline_urine', 'vgpr_urine_share') }}
                then 4
            when
                urine < {{ parameter('responses', 'pr_urine') }}
                or {{ is_at_most_share('urine', 'baseline_urine', 'pr_urine_share') }}
                then 3
            when {{ is_at_most_share('urine', 'baseline_urine', 'mr_urine_share') }} then 2
            else 1
        end as urine_depth,
        case
            when not is_flc_measurable or flc is null then null
            when is_ratio_normal then 5
            when {{ is_at_most_share('flc', 'baseline_flc', 'vgpr_flc_share') }} then 4
            when {{ is_at_most_share('flc', 'baseline_flc', 'pr_flc_share') }} then 3
            else 1
        end as flc_depth,
        case
            when
                is_serum_measurable or is_urine_measurable or is_flc_measurable or marrow is null
                or coalesce(baseline_marrow < {{ parameter('responses', 'marrow_baseline_min') }}, true)
                then null
            when {{ is_at_most_share('marrow', 'baseline_marrow', 'pr_marrow_share') }} then 3
            else 1
        end as marrow_depth,
        case
            when coalesce(baseline_plasmacytoma, 0) <= 0 or plasmacytoma is null then null
            when plasmacytoma <= 0 then 5
            when {{ is_at_most_share('plasmacytoma', 'baseline_plasmacytoma', 'vgpr_plasmacytoma_share') }} then 4
            when {{ is_at_most_share('plasmacytoma', 'baseline_plasmacytoma', 'pr_plasmacytoma_share') }} then 3
            else 1
        end as plasmacytoma_depth
    from risen

),

judged as (

    select
        depths.*,
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
        coalesce(
            not has_serum_band
            and (not has_urine_band or (has_urine_band is null and is_urine_negative_at_baseline))
            and marrow < {{ parameter('responses', 'complete_marrow_below') }}
            and (
                not has_soft_tissue
                or (has_soft_tissue is null and not coalesce(had_extramedullary or had_paramedullary, false))
            ),
            false
        ) as is_complete,
        case when is_serum_risen then 1 else 0 end + case when is_urine_risen then 1 else 0 end
        + case when is_flc_risen then 1 else 0 end as risen_marker_count,
        coalesce(has_new_lesion, false) or coalesce(is_plasmacytoma_risen, false) as is_imaging_progression,
        coalesce(is_marrow_risen, false) as is_marrow_progression
    from depths

),

point_responses as (

    select
        person_id,
        line_number,
        assessment_number,
        assessed_date,
        index_date,
        next_line_start_date,
        death_date,
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
