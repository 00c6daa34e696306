{{ config(materialized='ephemeral') }}
-- One row per patient, characteristic of the disease at the start of a line, and day from which its value holds.
-- Definition: at each index of a line, the last value of the baseline_lookback (60) days up to it: hemoglobin below 10
-- g/dL, neutrophils below 1.0 and platelets below 100 x 10*9/L, creatinine above 2 mg/dL (specification studies D5.4:
-- the printed neutrophils per mL are per microliter), and the values themselves; the best response of the line before;
-- whether the line that begins here reaches a partial response or better, as charted, else as derived where it could be
-- assessed (specification studies D3.5), which looks ahead of the day from which it holds.
-- Limits: what has no value in the window is unknown: its row has no number.

with response_lines as (select * from {{ ref('int_response_lines') }}),
line_responses as (select * from {{ ref('line_responses') }}),
response_categories as (select * from {{ ref('response_categories') }}),

labs as (

    select * from {{ ref('int_labs_by_day') }}
    where
        lab in (
            'hemoglobin', 'neutrophil_count', 'platelet_count', 'creatinine', 'ldh', 'albumin', 'beta_2_microglobulin',
            'crp', 'ferritin', 'm_protein_serum', 'bone_marrow_plasma_cells'
        )

),

lab_names as (

    select distinct lab from labs

),

last_values as (

    select
        response_lines.person_id,
        response_lines.index_date,
        lab_names.lab,
        max_by(labs.value, labs.measured_date) as value
    from response_lines
    cross join lab_names
    left join labs
        on
            response_lines.person_id = labs.person_id
            and lab_names.lab = labs.lab
            and {{ days_between('labs.measured_date', 'response_lines.index_date') }}
            between 0 and {{ parameter('disease_characteristics', 'baseline_lookback') }}
    group by 1, 2, 3

),

signs as (

    select
        person_id,
        index_date,
        case lab
            when 'hemoglobin' then 'anemia'
            when 'neutrophil_count' then 'neutropenia'
            when 'platelet_count' then 'thrombocytopenia'
            when 'creatinine' then 'renal_failure'
        end as sign,
        case lab
            when 'hemoglobin' then value < {{ parameter('disease_characteristics', 'anemia_g_dl') }}
            when 'neutrophil_count' then value < {{ parameter('disease_characteristics', 'neutropenia') }}
            when 'platelet_count' then value < {{ parameter('disease_characteristics', 'thrombocytopenia') }}
            when 'creatinine' then value > {{ parameter('disease_characteristics', 'renal_mg_dl') }}
        end as has_sign
    from last_values
    where lab in ('hemoglobin', 'neutrophil_count', 'platelet_count', 'creatinine')

),

responses_before as (

    select
        person_id,
        line_number,
        best_response,
        lead(line_index_date) over (partition by person_id order by line_number) as next_index_date
    from line_responses

),

responses_of_lines as (

    select
        line_responses.person_id,
        line_responses.line_index_date,
        response_categories.is_response as line_is_responder
    from line_responses
    left join response_categories
        on
            coalesce(
                line_responses.charted_best_response,
                case when line_responses.is_evaluable then line_responses.best_response end
            ) = response_categories.response

),

disease_characteristics as (

    {{ characteristic_rows(
        'last_values',
        numbers=['value'],
        valid_from='index_date',
        named="'baseline_' || lab",
        keeps_unknown=true,
    ) }}
    union all
    {{ characteristic_rows(
        'signs',
        numbers=['has_sign'],
        valid_from='index_date',
        named="'has_baseline_' || sign",
        keeps_unknown=true,
    ) }}
    union all
    {{ characteristic_rows(
        'responses_before',
        numbers={'last_line_best_response': 'line_number'},
        texts={'last_line_best_response': 'best_response'},
        valid_from='next_index_date',
    ) }}
    union all
    {{ characteristic_rows(
        'responses_of_lines', numbers=['line_is_responder'], valid_from='line_index_date', keeps_unknown=true
    ) }}

)

select * from disease_characteristics
