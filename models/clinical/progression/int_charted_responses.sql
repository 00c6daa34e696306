-- One row per person, day and response that the site itself recorded, progression among them.
-- Definition: the text of an observation or measurement is a wording of response_names; an abbreviation counts only in
-- a record of the concept set myeloma_response.

with records as (

    select * from {{ ref('int_screened_records') }}
    where domain in ('observation', 'measurement') and value_text is not null

),

events as (select * from {{ ref('int_coded_events') }} where concept_set_id = 'myeloma_response'),
response_names as (select * from {{ ref('response_names') }}),
categories as (select * from {{ ref('response_categories') }}),

charted_words as (

    select
        records.person_id,
        records.start_date as charted_date,
        response_names.response
    from records
    inner join response_names
        on lower(trim(records.value_text)) = response_names.source_text and not response_names.is_abbreviation
    union
    select
        events.person_id,
        events.start_date as charted_date,
        response_names.response
    from events
    inner join response_names on lower(trim(events.value_text)) = response_names.source_text

),

charted_responses as (

    select
        charted_words.*,
        categories.response_rank
    from charted_words
    inner join categories on charted_words.response = categories.response

)

select * from charted_responses
