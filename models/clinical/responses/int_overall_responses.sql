-- One row per patient, line of therapy and disease assessment: the overall response at this assessment, before any
-- confirmation.
-- Definition: IMWG 2016 (specification responses 4.1). Progression goes first: a new lesion, or a marker that has risen
-- from its nadir, the lowest of the baseline and all earlier values of the line (held_value), by a share of it and by
-- an absolute amount; from a nadir of 0 the absolute amount alone; marrow and plasmacytomas only on the day they were
-- looked at. Light chains count where neither protein was measurable, marrow where light chains were not either. Else
-- response_rank (response_categories) is the lowest that a marker measurable at baseline allows, one lower when one of
-- them is missing; complete also needs negative immunofixation (of urine also where none was there before the line),
-- marrow below 5 % and no plasmacytoma, each known. NULL (NE) without any required marker. relaxed_response_rank asks
-- neither marrow nor urine of a complete response (CR_lab).
-- Limits: plasma cells in blood are not read; a serum band below what can be quantified counts as one even where an
-- antibody makes it.

with response_assessments as (select * from {{ ref('int_response_assessments') }}),

held_values as (

    select
        response_assessments.*,
        {{ held_value('serum', 'coalesce(last_serum, baseline_serum)') }} as held_serum,
        {{ held_value('urine', 'coalesce(last_urine, baseline_urine)') }} as held_urine,
        {{ held_value('flc', 'coalesce(last_flc, baseline_flc)') }} as held_flc
    from (
        select
            response_assessments.*,
            {{ first_known('serum', 'partition by person_id, line_number order by assessment_number desc rows between 1 following and unbounded following') }}
                as last_serum,
            {{ first_known('urine', 'partition by person_id, line_number order by assessment_number desc rows between 1 following and unbounded following') }}
                as last_urine,
            {{ first_known('flc', 'partition by person_id, line_number order by assessment_number desc rows between 1 following and unbounded following') }}
                as last_flc
        from response_assessments
    ) as response_assessments

),

nadirs as (

    select
        held_values.*,
        least(baseline_serum, min(held_serum) over earlier) as serum_nadir,
        least(baseline_urine, min(held_urine) over earlier) as urine_nadir,
        least(baseline_flc, min(held_flc) over earlier) as flc_nadir,
        least(baseline_marrow, min(marrow) over earlier) as marrow_nadir,
        least(baseline_plasmacytoma, min(plasmacytoma) over earlier) as plasmacytoma_nadir
    from held_values
    window earlier as (
        partition by person_id, line_number order by assessment_number
        rows between unbounded preceding and 1 preceding
    )

),

risen_markers as (

    select
        nadirs.*,
        {{ has_risen(
            'serum', 'serum_nadir',
            'case when serum_nadir >= ' ~ parameter('responses', 'pd_serum_high_nadir') ~ ' then '
            ~ parameter('responses', 'pd_serum_high_rise') ~ ' else '
            ~ parameter('responses', 'pd_serum_rise') ~ ' end',
            parameter('responses', 'pd_relative_rise')
        ) }} as is_serum_risen,
        {{ has_risen(
            'urine', 'urine_nadir', parameter('responses', 'pd_urine_rise'), parameter('responses', 'pd_relative_rise')
        ) }} as is_urine_risen,
        not is_serum_measurable and not is_urine_measurable and {{ has_risen(
            'flc', 'flc_nadir', parameter('responses', 'pd_flc_rise'), parameter('responses', 'pd_relative_rise'),
            strictly=true
        ) }} as is_flc_risen,
        coalesce(
            not is_serum_measurable and not is_urine_measurable and not is_flc_measurable
            and not coalesce(is_marrow_carried, false)
            and {{ has_risen(
                'marrow', 'marrow_nadir', parameter('responses', 'pd_marrow_rise'),
                parameter('responses', 'pd_relative_rise')
            ) }},
            false
        ) as is_marrow_progression,
        coalesce(has_new_lesion, false)
        or coalesce(
            plasmacytoma_nadir > 0
            and not coalesce(is_plasmacytoma_carried, false)
            and plasmacytoma >= plasmacytoma_nadir * (1 + {{ parameter('responses', 'pd_plasmacytoma_rise') }}),
            false
        ) as is_imaging_progression
    from nadirs

),

marker_ranks as (

    select
        risen_markers.*,
        case when is_serum_risen then 1 else 0 end + case when is_urine_risen then 1 else 0 end
        + case when is_flc_risen then 1 else 0 end as risen_marker_count,
        case
            when not is_serum_measurable or serum is null then null
            when serum <= 0 and not has_serum_band then {{ response_rank('CR') }}
            when {{ is_at_most_share('serum', 'baseline_serum', 'vgpr_serum_share') }} then {{ response_rank('VGPR') }}
            when {{ is_at_most_share('serum', 'baseline_serum', 'pr_serum_share') }} then {{ response_rank('PR') }}
            when {{ is_at_most_share('serum', 'baseline_serum', 'mr_serum_share') }} then {{ response_rank('MR') }}
            else {{ response_rank('SD') }}
        end as serum_rank,
        case
            when not is_urine_measurable or urine is null then null
            when urine <= 0 and not has_urine_band then {{ response_rank('CR') }}
            when
                urine < {{ parameter('responses', 'vgpr_urine') }}
                and {{ is_at_most_share('urine', 'baseline_urine', 'vgpr_urine_share') }}
                then {{ response_rank('VGPR') }}
            when
                urine < {{ parameter('responses', 'pr_urine') }}
                or {{ is_at_most_share('urine', 'baseline_urine', 'pr_urine_share') }}
                then {{ response_rank('PR') }}
            when {{ is_at_most_share('urine', 'baseline_urine', 'mr_urine_share') }} then {{ response_rank('MR') }}
            else {{ response_rank('SD') }}
        end as urine_rank,
        case
            when not is_flc_measurable or flc is null then null
            when is_ratio_normal then {{ response_rank('CR') }}
            when {{ is_at_most_share('flc', 'baseline_flc', 'vgpr_flc_share') }} then {{ response_rank('VGPR') }}
            when {{ is_at_most_share('flc', 'baseline_flc', 'pr_flc_share') }} then {{ response_rank('PR') }}
            else {{ response_rank('SD') }}
        end as flc_rank,
        case
            when
                is_serum_measurable or is_urine_measurable or is_flc_measurable or marrow is null
                or coalesce(baseline_marrow < {{ parameter('responses', 'marrow_baseline_min') }}, true)
                then null
            when {{ is_at_most_share('marrow', 'baseline_marrow', 'pr_marrow_share') }} then {{ response_rank('PR') }}
            else {{ response_rank('SD') }}
        end as marrow_rank,
        case
            when coalesce(baseline_plasmacytoma, 0) <= 0 or plasmacytoma is null then null
            when plasmacytoma <= 0 then {{ response_rank('CR') }}
            when {{ is_at_most_share('plasmacytoma', 'baseline_plasmacytoma', 'vgpr_plasmacytoma_share') }}
                then {{ response_rank('VGPR') }}
            when {{ is_at_most_share('plasmacytoma', 'baseline_plasmacytoma', 'pr_plasmacytoma_share') }}
                then {{ response_rank('PR') }}
            else {{ response_rank('SD') }}
        end as plasmacytoma_rank,
        coalesce(
            not has_serum_band
            and (not has_urine_band or (has_urine_band is null and is_urine_negative_at_baseline))
            and marrow < {{ parameter('responses', 'complete_marrow_below') }}
            and (
                not has_soft_tissue
                or (has_soft_tissue is null and not coalesce(had_extramedullary or had_paramedullary, false))
            ),
            false
        ) as is_complete
    from risen_markers

),

lowest_ranks as (

    select
        marker_ranks.*,
        risen_marker_count > 0 or is_imaging_progression or is_marrow_progression as is_progression,
        case
            when coalesce(serum_rank, urine_rank, flc_rank, marrow_rank) is not null
                then least(serum_rank, urine_rank, flc_rank, marrow_rank, plasmacytoma_rank)
        end as lowest_rank,
        (is_serum_measurable and serum_rank is null)
        or (is_urine_measurable and urine_rank is null)
        or (coalesce(baseline_plasmacytoma, 0) > 0 and plasmacytoma_rank is null) as is_marker_missing
    from marker_ranks

),

overall_responses as (

    select
        person_id,
        line_number,
        assessment_number,
        assessed_date,
        index_date,
        is_after_line,
        serum,
        urine,
        flc,
        has_serum_band,
        serum_rank,
        urine_rank,
        flc_rank,
        marrow_rank,
        plasmacytoma_rank,
        lowest_rank,
        is_serum_risen,
        is_urine_risen,
        is_flc_risen,
        risen_marker_count,
        is_imaging_progression,
        is_marrow_progression,
        is_marker_missing,
        case
            when is_imaging_progression then 'imaging'
            when risen_marker_count > 0 then 'laboratory'
            when is_marrow_progression then 'marrow'
            when lowest_rank is null then null
            when lowest_rank = serum_rank then 'serum'
            when lowest_rank = urine_rank then 'urine'
            when lowest_rank = flc_rank then 'light_chains'
            when lowest_rank = plasmacytoma_rank then 'plasmacytoma'
            else 'marrow'
        end as driver,
        case
            when is_progression then {{ response_rank('PD') }}
            when lowest_rank is null then null
            when is_marker_missing
                then greatest(least(lowest_rank, {{ response_rank('VGPR') }}) - 1, {{ response_rank('SD') }})
            when lowest_rank < {{ response_rank('CR') }} then lowest_rank
            when not is_complete then {{ response_rank('VGPR') }}
            when is_ratio_normal and not has_clonal_cells then {{ response_rank('sCR') }}
            else lowest_rank
        end as response_rank,
        case
            when is_progression then {{ response_rank('PD') }}
            when lowest_rank = {{ response_rank('CR') }} and coalesce(has_serum_band, true)
                then {{ response_rank('VGPR') }}
            else lowest_rank
        end as relaxed_response_rank
    from lowest_ranks

)

select * from overall_responses
