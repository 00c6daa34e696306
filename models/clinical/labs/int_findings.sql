-- One row per patient, finding and day: present or absent, as charted.
-- Definition: observations and measurements that the role 'findings' of concept_set_roles names (immunofixation,
-- imaging), read by int_result_texts from the answer's concept, else from its text. Present wins over
-- absent on the same day.
-- Limits: an answer that int_result_texts does not know is no answer.

with events as (select * from {{ ref('int_coded_events') }}),
patients as (select * from {{ ref('int_myeloma_patients') }}),
roles as (select * from {{ ref('concept_set_roles') }} where algorithm = 'findings'),
result_texts as (select * from {{ ref('int_result_texts') }}),

answers_read as (

    select
        events.person_id,
        events.concept_set_id as finding,
        events.start_date as found_date,
        events.value_number,
        coalesce(answers.is_present, words.is_present) as is_present
    from events
    inner join patients on events.person_id = patients.person_id
    inner join roles on events.concept_set_id = roles.concept_set_id
    left join result_texts as answers
        on cast(events.value_concept_id as {{ dbt.type_string() }}) = answers.source_text
    left join result_texts as words on lower(trim(events.value_text)) = words.source_text

),

findings as (

    select
        person_id,
        finding,
        found_date,
        bool_or(is_present) as is_present,
        min(value_number) as value_number
    from answers_read
    where is_present is not null
    group by 1, 2, 3

)

select * from findings
