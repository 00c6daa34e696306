{{ config(materialized='ephemeral') }}
-- One row per patient, characteristic of the disease and the day from which its value holds.
-- Definition: at each index of a line, the last value of the baseline_lookback (60) days up to it: hemoglobin below
-- 10 g/dL, neutrophils below 1.0 and platelets below 100 x 10*9/L, creatinine above 2 mg/dL (definitions 5.4: the
-- printed neutrophils per mL are per microliter), and the values themselves; soft-tissue disease before an infusion;
-- best response and progression of the line before.
-- Limits: a flag without a value in the window is unknown: its row has no number.

with response_lines as (select * from {{ ref('int_response_lines') }}),

labs as (

    select * from {{ ref('int_labs_by_day') }}
    where
        lab in (
            'hemoglobin', 'neutrophil_count', 'platelet_count', 'creatinine', 'ldh', 'albumin', 'beta_2_microglobulin',
            'crp', 'ferritin', 'm_protein_serum', 'bone_marrow_plasma_cells'
        )

),

states as (

    select * from {{ ref('extramedullary_states') }}
    where time_point = 'baseline'

),

line_responses as (select * from {{ ref('line_responses') }}),

last_values as (

    select
        response_lines.person_id,
        response_lines.index_date,
        lab_names.lab,
        max_by(labs.value, labs.measured_date) as value
    from response_lines
    cross join (select distinct every_lab.lab from labs as every_lab) as lab_names
    left join labs
        on
            response_lines.person_id = labs.person_id
            and lab_names.lab = labs.lab
            and {{ days_between('labs.measured_date', 'response_lines.index_date') }}
            between 0 and {{ parameter('disease_characteristics', 'baseline_lookback') }}
    group by 1, 2, 3

),

flags as (

    select
        person_id,
        case lab
            when 'hemoglobin' then 'has_baseline_anemia'
            when 'neutrophil_count' then 'has_baseline_neutropenia'
            when 'platelet_count' then 'has_baseline_thrombocytopenia'
            when 'creatinine' then 'has_baseline_renal_failure'
        end as name,
        case lab
            when 'hemoglobin' then value < {{ parameter('disease_characteristics', 'anemia_g_dl') }}
            when 'neutrophil_count' then value < {{ parameter('disease_characteristics', 'neutropenia') }}
            when 'platelet_count' then value < {{ parameter('disease_characteristics', 'thrombocytopenia') }}
            when 'creatinine' then value > {{ parameter('disease_characteristics', 'renal_mg_dl') }}
        end as is_true,
        index_date
    from last_values
    where lab in ('hemoglobin', 'neutrophil_count', 'platelet_count', 'creatinine')

),

disease_characteristics as (

    select
        person_id,
        'baseline_' || lab as name,
        value as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        index_date as valid_from_date
    from last_values
    union all
    select
        person_id,
        name,
        case when is_true then 1.0 when not is_true then 0.0 end as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        index_date as valid_from_date
    from flags
    union all
    select
        person_id,
        'soft_tissue_state' as name,
        case when is_extramedullary then 1.0 when not is_extramedullary then 0.0 end as value_number,
        state as value_text,
        infusion_date as valid_from_date
    from states
    union all
    select
        person_id,
        'last_line_best_response' as name,
        cast(line_number as double) as value_number,
        best_response as value_text,
        lead(line_index_date) over (partition by person_id order by line_number) as valid_from_date
    from line_responses

)

select * from disease_characteristics
where valid_from_date is not null
