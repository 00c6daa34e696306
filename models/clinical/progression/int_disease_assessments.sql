-- One row per patient and disease assessment.
-- Definition: laboratory markers that pair (int_markers_paired; specification responses 4.2), dated on the day of the
-- one that leads; marrow and imaging belong to the assessment of their own day. Every measured value is in exactly one
-- assessment. flc_difference is the involved minus the uninvolved free light chain, of the chain fixed for the patient.
-- An extramedullary or paramedullary finding is new when the imaging before it said absent.
-- Limits: without an earlier scan a lesion is not called new.

with markers as (select * from {{ ref('int_disease_markers') }}),
markers_paired as (select * from {{ ref('int_markers_paired') }}),
involved_chains as (select * from {{ ref('int_involved_chains') }}),

marker_days as (

    select
        person_id,
        marker,
        marker_date,
        assessed_date
    from markers_paired
    union all
    select
        person_id,
        'marrow_and_imaging' as marker,
        marker_date,
        marker_date as assessed_date
    from markers
    where
        marrow is not null or plasmacytoma is not null or has_clonal_cells is not null or has_extramedullary is not null
        or has_paramedullary is not null or has_new_bone_lesion is not null

),

assessments as (

    select
        marker_days.person_id,
        marker_days.assessed_date,
        row_number() over (partition by marker_days.person_id order by marker_days.assessed_date) as assessment_number,
        max(case when marker = 'serum' then serum end) as serum,
        max(case when marker = 'urine' then urine end) as urine,
        max(case when marker = 'kappa_chains' then kappa_chains end) as kappa_chains,
        max(case when marker = 'lambda_chains' then lambda_chains end) as lambda_chains,
        max(case when marker = 'recorded_ratio' then recorded_ratio end) as recorded_ratio,
        min(case when marker in ('kappa_chains', 'lambda_chains', 'recorded_ratio') then ratio_low end) as ratio_low,
        max(case when marker in ('kappa_chains', 'lambda_chains', 'recorded_ratio') then ratio_high end) as ratio_high,
        bool_or(case when marker = 'serum_band' then has_serum_band end) as has_serum_band,
        bool_or(case when marker = 'urine_band' then has_urine_band end) as has_urine_band,
        bool_or(case when marker = 'residual_disease' then has_residual_disease end) as has_residual_disease,
        max(case when marker = 'residual_disease' then residual_disease_sensitivity end)
            as residual_disease_sensitivity,
        max(case when marker = 'marrow_and_imaging' then marrow end) as marrow,
        max(case when marker = 'marrow_and_imaging' then plasmacytoma end) as plasmacytoma,
        bool_or(case when marker = 'marrow_and_imaging' then has_clonal_cells end) as has_clonal_cells,
        bool_or(case when marker = 'marrow_and_imaging' then has_extramedullary end) as has_extramedullary,
        bool_or(case when marker = 'marrow_and_imaging' then has_paramedullary end) as has_paramedullary,
        bool_or(case when marker = 'marrow_and_imaging' then has_new_bone_lesion end) as has_new_bone_lesion
    from marker_days
    inner join markers
        on marker_days.person_id = markers.person_id and marker_days.marker_date = markers.marker_date
    group by 1, 2

),

assessments_with_history as (

    select
        assessments.*,
        coalesce(kappa_chains / nullif(lambda_chains, 0), recorded_ratio) between ratio_low and ratio_high
            as is_ratio_normal,
        case involved_chains.involved_chain
            when 'kappa' then kappa_chains - lambda_chains
            when 'lambda' then lambda_chains - kappa_chains
        end as flc_difference,
        {{ first_known('has_extramedullary', 'partition by assessments.person_id order by assessment_number desc rows between 1 following and unbounded following') }}
            as had_extramedullary,
        {{ first_known('has_paramedullary', 'partition by assessments.person_id order by assessment_number desc rows between 1 following and unbounded following') }}
            as had_paramedullary
    from assessments
    left join involved_chains on assessments.person_id = involved_chains.person_id

),

disease_assessments as (

    select
        person_id,
        cast(assessment_number as integer) as assessment_number,
        assessed_date,
        serum,
        urine,
        flc_difference,
        is_ratio_normal,
        marrow,
        plasmacytoma,
        has_serum_band,
        has_urine_band,
        has_clonal_cells,
        has_extramedullary,
        has_paramedullary,
        has_new_bone_lesion,
        has_residual_disease,
        residual_disease_sensitivity,
        coalesce(has_new_bone_lesion, false)
        or (coalesce(has_extramedullary, false) and not coalesce(had_extramedullary, true))
        or (coalesce(has_paramedullary, false) and not coalesce(had_paramedullary, true)) as has_new_lesion,
        serum is not null or urine is not null or flc_difference is not null as has_lab
    from assessments_with_history

)

select * from disease_assessments
