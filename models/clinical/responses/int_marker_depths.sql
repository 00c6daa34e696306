-- One row per patient, line of therapy and disease assessment: how deep a response each marker alone allows, and
-- whether all else was shown that a complete one needs.
-- Definition: IMWG 2016 (algorithms 4.1), levels of response_categories: 5 gone, 4 VGPR, 3 PR, 2 MR, 1 SD, against
-- the baseline. A marker that was not measurable before the line, or not measured now, has none. Marrow speaks only
-- where no protein and no light chain is measurable. is_complete: immunofixation of serum and urine negative (of
-- urine also when none was there before the line), marrow below 5 % and no plasmacytoma, each known.
-- Limits: a serum band below what can be quantified counts as one even where an antibody makes it.

with assessments as (

    select
        response_assessments.*,
        flc_ratio between ratio_low and ratio_high as is_ratio_normal
    from {{ ref('int_response_assessments') }} as response_assessments

),

marker_depths as (

    select
        person_id,
        line_number,
        assessment_number,
        is_ratio_normal,
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
        end as plasmacytoma_depth,
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
    from assessments

)

select * from marker_depths
