-- One row per patient and day with at least one marker of disease: M-protein in serum (g/dL) and urine (mg/24 h), free
-- light chains (mg/dL), plasma cells in marrow (%), imaging findings, immunofixation.
-- Definition: the day's median of each lab (int_labs_by_day), beside the findings of the day. On a day with light
-- chains, ratio_low and ratio_high say between which ratios of kappa to lambda they are normal: 0.26 and 1.65
-- (specification responses 4.2), or 0.37 and 3.10 where the rule set uses the renal range (flc_renal_range) and the
-- last eGFR of the renal_lookback days up to then is below 60: failing kidneys clear kappa less than they did.
-- Limits: NULL says not measured that day, nothing else. eGFR as the source reports it, by whatever formula; without
-- one the usual range holds.

with labs as (select * from {{ ref('int_labs_by_day') }}),
findings as (select * from {{ ref('int_findings') }}),

facts as (

    select
        person_id,
        measured_date as marker_date,
        lab as marker,
        value,
        cast(null as boolean) as is_present
    from labs
    where
        lab in (
            'm_protein_serum', 'm_protein_urine_24h', 'free_light_chain_kappa', 'free_light_chain_lambda',
            'free_light_chain_ratio', 'bone_marrow_plasma_cells', 'plasmacytoma_size'
        )
    union all
    select
        person_id,
        found_date as marker_date,
        finding as marker,
        value_number as value,
        is_present
    from findings
    where
        finding in (
            'immunofixation_serum', 'immunofixation_urine', 'clonal_plasma_cells', 'imaging_emd', 'imaging_pmd',
            'imaging_new_bone_lesion'
        )

),

marker_days as (

    select
        person_id,
        marker_date,
        max(case when marker = 'm_protein_serum' then value end) as serum,
        max(case when marker = 'm_protein_urine_24h' then value end) as urine,
        max(case when marker = 'free_light_chain_kappa' then value end) as kappa_chains,
        max(case when marker = 'free_light_chain_lambda' then value end) as lambda_chains,
        max(case when marker = 'free_light_chain_ratio' then value end) as recorded_ratio,
        max(case when marker = 'bone_marrow_plasma_cells' then value end) as marrow,
        max(case when marker = 'plasmacytoma_size' then value end) as plasmacytoma,
        bool_or(case when marker = 'immunofixation_serum' then is_present end) as has_serum_band,
        bool_or(case when marker = 'immunofixation_urine' then is_present end) as has_urine_band,
        bool_or(case when marker = 'clonal_plasma_cells' then is_present end) as has_clonal_cells,
        bool_or(case when marker = 'imaging_emd' then is_present end) as has_extramedullary,
        bool_or(case when marker = 'imaging_pmd' then is_present end) as has_paramedullary,
        bool_or(case when marker = 'imaging_new_bone_lesion' then is_present end) as has_new_bone_lesion
    from facts
    group by 1, 2

),

renal_functions as (

    select
        marker_days.person_id,
        marker_days.marker_date,
        max_by(labs.value, labs.measured_date) < {{ parameter('responses', 'renal_egfr_below') }} as is_renal
    from marker_days
    inner join labs
        on
            marker_days.person_id = labs.person_id
            and labs.lab = 'egfr'
            and {{ days_between('labs.measured_date', 'marker_days.marker_date') }}
            between 0 and {{ parameter('responses', 'renal_lookback') }}
    where {{ parameter('responses', 'flc_renal_range') }} = 1
    group by 1, 2

),

disease_markers as (

    select
        marker_days.*,
        case
            when coalesce(kappa_chains, lambda_chains, recorded_ratio) is null then null
            when renal_functions.is_renal then {{ parameter('responses', 'renal_ratio_low') }}
            else {{ parameter('responses', 'lambda_ratio_below') }}
        end as ratio_low,
        case
            when coalesce(kappa_chains, lambda_chains, recorded_ratio) is null then null
            when renal_functions.is_renal then {{ parameter('responses', 'renal_ratio_high') }}
            else {{ parameter('responses', 'kappa_ratio_above') }}
        end as ratio_high
    from marker_days
    left join renal_functions
        on
            marker_days.person_id = renal_functions.person_id
            and marker_days.marker_date = renal_functions.marker_date

)

select * from disease_markers
