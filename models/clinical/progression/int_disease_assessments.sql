-- One row per patient and disease assessment: markers taken close together are one assessment.
-- Definition: marker days less than lab_window days apart belong to one assessment, dated on its first day; each marker
-- has its first value of the assessment (specification responses 4.2). flc_difference is the involved minus the
-- uninvolved free light chain, of the chain fixed for the patient. An extramedullary or paramedullary finding is new
-- when the imaging before it said absent.
-- Limits: someone tested every few days has one long assessment; without an earlier scan a lesion is not called new.

with markers as (select * from {{ ref('int_disease_markers') }}),
involved_chains as (select * from {{ ref('int_involved_chains') }}),

marker_days as (

    select
        markers.*,
        case
            when
                {{ days_between('lag(marker_date) over (partition by person_id order by marker_date)', 'marker_date') }}
                < {{ parameter('responses', 'lab_window') }}
                then 0
            else 1
        end as is_first
    from markers

),

numbered_days as (

    select
        marker_days.*,
        cast(
            sum(is_first) over (
                partition by person_id order by marker_date rows between unbounded preceding and current row
            ) as integer
        ) as assessment_number
    from marker_days

),

assessments as (

    select
        person_id,
        assessment_number,
        min(marker_date) as assessed_date,
        min_by(serum, case when serum is not null then marker_date end) as serum,
        min_by(urine, case when urine is not null then marker_date end) as urine,
        min_by(kappa_chains, case when kappa_chains is not null then marker_date end) as kappa_chains,
        min_by(lambda_chains, case when lambda_chains is not null then marker_date end) as lambda_chains,
        min_by(recorded_ratio, case when recorded_ratio is not null then marker_date end) as recorded_ratio,
        min_by(ratio_low, case when ratio_low is not null then marker_date end) as ratio_low,
        min_by(ratio_high, case when ratio_high is not null then marker_date end) as ratio_high,
        max(marrow) as marrow,
        min_by(plasmacytoma, case when plasmacytoma is not null then marker_date end) as plasmacytoma,
        bool_or(has_serum_band) as has_serum_band,
        bool_or(has_urine_band) as has_urine_band,
        bool_or(has_clonal_cells) as has_clonal_cells,
        bool_or(has_extramedullary) as has_extramedullary,
        bool_or(has_paramedullary) as has_paramedullary,
        bool_or(has_new_bone_lesion) as has_new_bone_lesion
    from numbered_days
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
        assessment_number,
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
        coalesce(has_new_bone_lesion, false)
        or (coalesce(has_extramedullary, false) and not coalesce(had_extramedullary, true))
        or (coalesce(has_paramedullary, false) and not coalesce(had_paramedullary, true)) as has_new_lesion,
        serum is not null or urine is not null or flc_difference is not null as has_lab
    from assessments_with_history

)

select * from disease_assessments
