-- One row per patient and day on which the site itself recorded a response.
-- Definition: an observation or measurement whose text is a wording of response_names; the deepest of the day.

with records as (

    select * from {{ ref('int_candidate_records') }}
    where domain in ('observation', 'measurement')

),

response_names as (

    select * from {{ ref('response_names') }}

),

categories as (

    select * from {{ ref('response_categories') }}

),

charted_responses as (

    select
        records.person_id,
        records.start_date as charted_date,
        max(categories.depth) as depth
    from records
    inner join response_names on lower(trim(records.value_text)) = response_names.source_text
    inner join categories on response_names.response = categories.response
    group by 1, 2

)

select * from charted_responses
