-- One row per patient and day with at least one marker of disease: M-protein in serum (g/dL) and urine (mg/24 h), free
-- light chains (mg/dL), plasma cells in marrow (%), imaging findings, immunofixation.
-- Definition: the day's median of each lab (int_labs_by_day), beside the findings of the day, and the
-- limits of a normal ratio of light chains.
-- Limits: NULL says not measured that day, nothing else.

with labs as (

    select * from {{ ref('int_labs_by_day') }}
    where
        lab in (
            'm_protein_serum', 'm_protein_urine_24h', 'free_light_chain_kappa', 'free_light_chain_lambda',
            'free_light_chain_ratio', 'bone_marrow_plasma_cells', 'plasmacytoma_size'
        )

),

findings as (

    select * from {{ ref('int_findings') }}
    where
        finding in (
            'immunofixation_serum', 'immunofixation_urine', 'clonal_plasma_cells', 'imaging_emd', 'imaging_pmd',
            'imaging_new_bone_lesion', 'residual_disease'
        )

),

light_chain_limits as (select * from {{ ref('int_light_chain_limits') }}),

facts as (

    select
        person_id,
        measured_date as marker_date,
        lab as marker,
        value,
        cast(null as boolean) as is_present
    from labs
    union all
    select
        person_id,
        found_date as marker_date,
        finding as marker,
        value_number as value,
        is_present
    from findings

),

gathered as (

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
        max(case when marker = 'residual_disease' then value end) as residual_disease_sensitivity,
        bool_or(case when marker = 'immunofixation_serum' then is_present end) as has_serum_band,
        bool_or(case when marker = 'immunofixation_urine' then is_present end) as has_urine_band,
        bool_or(case when marker = 'clonal_plasma_cells' then is_present end) as has_clonal_cells,
        bool_or(case when marker = 'imaging_emd' then is_present end) as has_extramedullary,
        bool_or(case when marker = 'imaging_pmd' then is_present end) as has_paramedullary,
        bool_or(case when marker = 'imaging_new_bone_lesion' then is_present end) as has_new_bone_lesion,
        bool_or(case when marker = 'residual_disease' then is_present end) as has_residual_disease
    from facts
    group by 1, 2

),

disease_markers as (

    select
        gathered.*,
        light_chain_limits.ratio_low,
        light_chain_limits.ratio_high
    from gathered
    left join light_chain_limits
        on
            gathered.person_id = light_chain_limits.person_id
            and gathered.marker_date = light_chain_limits.measured_date

)

select * from disease_markers
