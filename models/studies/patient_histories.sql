{{ config(materialized='view') }}
-- One row per person and fact of the treatment history that `myelomart patient` draws.
-- Definition: kind says what the fact is; the other columns hold of it what the page shows. It is a view: one person is
-- read at a time. flags: the row of the person in core.patients as JSON, so that a flag that is added there is shown;
-- doubt: what is not plain about a death; decision: a cohort whose index event the person has, with the first step not
-- passed; unread: results of a test without a value, that have a text (no_readable_value), nothing (no_value), or were
-- set aside; unclaimed: a code that no concept set names. reason: in words why a line began (line_actions).
-- Limits: progressions and responses are those of the clinical marts, laboratory values those that are not implausible.

with patients as (select * from {{ ref('patients') }}),
lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),
drug_exposures as (select * from {{ ref('drug_exposures') }}),
cell_therapies as (select * from {{ ref('cell_therapies') }}),
transplants as (select * from {{ ref('transplants') }}),
line_responses as (select * from {{ ref('line_responses') }}),
progressions as (select * from {{ ref('progressions') }}),
line_actions as (select * from {{ ref('line_actions') }}),
deaths_in_doubt as (select * from {{ ref('deaths_in_doubt') }}),
refractoriness as (select * from {{ ref('refractoriness') }}),
toxicities as (select * from {{ ref('adverse_events') }} where term in ('crs', 'icans')),
mrd_assessments as (select * from {{ ref('mrd_assessments') }}),
cohort_decisions as (select * from {{ ref('cohort_decisions') }}),
cohort_attrition as (select * from {{ ref('cohort_attrition') }}),
records_unclaimed as (select * from {{ ref('records_unclaimed') }}),

usable_labs as (

    select * from {{ ref('labs') }}
    where quality = 'ok'

),

unread_labs as (

    select
        person_id,
        lab,
        case
            when source_value is not null then coalesce(quality_reason, quality)
            when nullif(trim(source_text), '') is null then 'no_value'
            else 'no_readable_value'
        end as why,
        count(*) as result_count,
        min(measured_date) as first_date,
        max(measured_date) as last_date
    from {{ ref('labs') }}
    where value is null
    group by 1, 2, 3

),

decisions as (

    select
        cohort_decisions.*,
        cohort_attrition.label as failed_label
    from cohort_decisions
    left join cohort_attrition
        on
            cohort_decisions.study_id = cohort_attrition.study_id
            and cohort_decisions.cohort_id = cohort_attrition.cohort_id
            and cohort_decisions.failed_step = cohort_attrition.step

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
    union all
    {{ history_rows('patients', 'flags', note=row_as_json('patients')) }}
    union all
    {{ history_rows('deaths_in_doubt', 'doubt', name='doubt', note='stated') }}
    union all
    {{ history_rows(
        'refractoriness', 'refractory', name='ingredient', detail='drug_class', note='status', number='line_number',
        start_date='first_dose_date', end_date='last_dose_date', other_date='evidence_date'
    ) }}
    union all
    {{ history_rows(
        'toxicities', 'toxicity', name='term', detail='grading_system', note='evidence', number='grade',
        start_date='start_date', end_date='end_date', other_date='anchor_date'
    ) }}
    union all
    {{ history_rows(
        'mrd_assessments', 'residual', name='threshold_name', detail='result', note='method',
        number='case when is_negative then 1 when not is_negative then 0 end',
        start_date='tested_date', end_date='negative_since'
    ) }}
    union all
    {{ history_rows(
        'decisions', 'decision', name='cohort_id', detail='failed_label',
        note="case when is_member then 'in' when has_unknown then 'unknown' else 'out' end", number='failed_step',
        start_date='index_date'
    ) }}
    union all
    {{ history_rows(
        'unread_labs', 'unread', name='lab', detail='why', number='result_count', start_date='first_date',
        end_date='last_date'
    ) }}
    union all
    {{ history_rows(
        'records_unclaimed', 'unclaimed', name="coalesce(nullif(source_code, ''), 'concept ' || concept_id)",
        detail='domain', note='coalesce(points_to, found_by)', number='record_count', start_date='first_date',
        end_date='last_date'
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
