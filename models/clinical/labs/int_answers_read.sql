{{ config(materialized='view') }}
-- One row per record of a patient that answers whether a finding is present, readable or not.
-- Definition: observations and measurements that the role 'findings' of concept_set_roles names (immunofixation,
-- imaging, residual disease), read by int_result_texts from the answer's concept, else from its text. is_present is
-- NULL where the answer says neither; has_answer says that one is recorded.
-- Limits: an answer that int_result_texts does not know is no answer (qc.results_unread).

with events as (select * from {{ ref('int_coded_events') }}),
patients as (select * from {{ ref('int_myeloma_patients') }}),
roles as (select * from {{ ref('concept_set_roles') }} where algorithm = 'findings'),
result_texts as (select * from {{ ref('int_result_texts') }}),

answers_read as (

    select
        events.person_id,
        events.source_name,
        events.domain,
        events.record_id,
        events.code_key,
        events.concept_set_id as finding,
        events.start_date as found_date,
        events.value_number,
        events.value_text,
        coalesce(events.value_concept_id != 0 or trim(events.value_text) != '', false) as has_answer,
        coalesce(answers.is_present, words.is_present) as is_present
    from events
    inner join patients on events.person_id = patients.person_id
    inner join roles on events.concept_set_id = roles.concept_set_id
    left join result_texts as answers
        on cast(events.value_concept_id as {{ dbt.type_string() }}) = answers.source_text
    left join result_texts as words on lower(trim(events.value_text)) = words.source_text

)

select * from answers_read
