-- One row per person and date of a progression known without knowing the line of therapy.
-- Definition: PD_STRUCTURED of algorithms 5.1: an observation or measurement whose text says progressive disease.
-- Limits: laboratory progression is not here yet; lines of therapy read this table, so it must not read them.

with records as (

    select * from {{ ref('int_candidate_records') }}
    where domain in ('observation', 'measurement')

),

response_names as (

    select * from {{ ref('response_names') }}
    where response = 'PD'

),

progression_dates as (

    select distinct
        records.person_id,
        records.start_date as progression_date,
        'structured' as source
    from records
    inner join response_names on lower(trim(records.value_text)) = response_names.source_text

)

select * from progression_dates
