{{ config(materialized='view') }}
-- One row per person and fact of the treatment history that `myelomart patient` draws.
-- Definition: kind says what the fact is (patient, line, drug, infusion, transplant, response, progression, lab); the
-- other columns hold of it what the page shows. It is a view: one person is read at a time.
-- reason: in words why a line began (line_actions).
-- Limits: progressions and responses are those of the clinical marts, laboratory values those that are not implausible.

with patients as (select * from {{ ref('patients') }}),
lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),
drug_exposures as (select * from {{ ref('drug_exposures') }}),
cell_therapies as (select * from {{ ref('cell_therapies') }}),
transplants as (select * from {{ ref('transplants') }}),
line_responses as (select * from {{ ref('line_responses') }}),
progressions as (select * from {{ ref('progressions') }}),
line_actions as (select * from {{ ref('line_actions') }}),

usable_labs as (

    select * from {{ ref('labs') }}
    where quality = 'ok'

),

histories as (

    {{ history_rows(
        'patients', 'patient', name='site_id', detail='sex', note='myeloma_rule', number='year_of_birth',
        start_date='myeloma_diagnosis_date', end_date='last_contact_date',
        other_date='rrmm_date', final_date='death_date'
    ) }}
    union all
    {{ history_rows(
        'lines_of_therapy', 'line', name='regimen_name', detail='start_reason', note='end_reason', number='line_number',
        start_date='line_start_date', end_date='line_end_date',
        other_date='progression_date', final_date='infusion_date'
    ) }}
    union all
    {{ history_rows(
        'drug_exposures', 'drug', name='ingredient', detail='role', start_date='start_date', end_date='end_date'
    ) }}
    union all
    {{ history_rows(
        'cell_therapies', 'infusion', name='product', detail="case when is_apheresis_imputed then 'assumed' end",
        note='bridging_drugs', number='case when is_reinfusion then 1 else 0 end', start_date='infusion_date',
        end_date='bridging_start_date', other_date='apheresis_date', final_date='lymphodepletion_start_date'
    ) }}
    union all
    {{ history_rows(
        'transplants', 'transplant', name='kind', start_date='transplant_date',
        detail="case when is_tandem then 'tandem' when is_salvage then 'salvage' end"
    ) }}
    union all
    {{ history_rows('line_responses', 'response', name='best_response', number='line_number') }}
    union all
    {{ history_rows('progressions', 'progression', start_date='progression_date') }}
    union all
    {{ history_rows(
        'usable_labs', 'lab', name='lab', detail='unit', number='value', start_date='measured_date'
    ) }}

),

patient_histories as (

    select
        histories.*,
        line_actions.words as reason,
        {{ stable_id(['name', 'detail', 'note', 'number', 'start_date', 'end_date', 'other_date', 'final_date']) }}
            as fact_id
    from histories
    left join line_actions on histories.kind = 'line' and histories.detail = line_actions.action

)

select * from patient_histories
