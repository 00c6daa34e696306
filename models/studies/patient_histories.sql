{{ config(materialized='view') }}
-- One row per person and fact of the treatment history that `myelomart patient` draws.
-- Definition: kind says what the fact is (patient, line, drug, infusion, transplant, response, progression, lab); the
-- other columns hold of it what the page shows. It is a view: one person is read at a time.
-- reason: in words why a line began (line_actions).
-- Limits: progressions and responses are those of the clinical marts, laboratory values those that are not implausible.

with line_actions as (select * from {{ ref('line_actions') }}),

facts as (

    select
        person_id,
        'patient' as kind,
        site_id as name,
        sex as detail,
        myeloma_rule as note,
        cast(year_of_birth as double) as number,
        myeloma_diagnosis_date as start_date,
        last_contact_date as end_date,
        rrmm_date as other_date,
        death_date as final_date
    from {{ ref('patients') }}
    union all
    select
        person_id,
        'line' as kind,
        regimen_name as name,
        start_reason as detail,
        end_reason as note,
        line_number as number,
        line_start_date as start_date,
        line_end_date as end_date,
        progression_date as other_date,
        infusion_date as final_date
    from {{ ref('lines_of_therapy') }}
    union all
    select
        person_id,
        'drug' as kind,
        ingredient as name,
        role as detail,
        null as note,
        null as number,
        start_date,
        end_date,
        null as other_date,
        null as final_date
    from {{ ref('drug_exposures') }}
    union all
    select
        person_id,
        'infusion' as kind,
        product as name,
        case when is_apheresis_imputed then 'assumed' end as detail,
        bridging_drugs as note,
        case when is_reinfusion then 1 else 0 end as number,
        infusion_date as start_date,
        bridging_start_date as end_date,
        apheresis_date as other_date,
        lymphodepletion_start_date as final_date
    from {{ ref('cell_therapies') }}
    union all
    select
        person_id,
        'transplant' as kind,
        kind as name,
        case when is_tandem then 'tandem' when is_salvage then 'salvage' end as detail,
        null as note,
        null as number,
        transplant_date as start_date,
        null as end_date,
        null as other_date,
        null as final_date
    from {{ ref('transplants') }}
    union all
    select
        person_id,
        'response' as kind,
        best_response as name,
        null as detail,
        null as note,
        line_number as number,
        null as start_date,
        null as end_date,
        null as other_date,
        null as final_date
    from {{ ref('line_responses') }}
    union all
    select distinct
        person_id,
        'progression' as kind,
        null as name,
        null as detail,
        null as note,
        null as number,
        progression_date as start_date,
        null as end_date,
        null as other_date,
        null as final_date
    from {{ ref('progressions') }}
    union all
    select
        person_id,
        'lab' as kind,
        lab as name,
        unit as detail,
        null as note,
        value as number,
        measured_date as start_date,
        null as end_date,
        null as other_date,
        null as final_date
    from {{ ref('labs') }}
    where quality = 'ok'

),

histories as (

    select
        facts.*,
        line_actions.words as reason
    from facts
    left join line_actions on facts.kind = 'line' and facts.detail = line_actions.action

)

select * from histories
