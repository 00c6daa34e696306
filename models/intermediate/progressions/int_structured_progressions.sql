-- One row per patient and day on which a site's own record says that the disease progressed.
-- Definition: an observation or measurement whose text is a wording of progression (response_names), or a charted
-- progression answered as present (PD_STRUCTURED of algorithms 5.1).

with records as (

    select * from {{ ref('int_candidate_records') }}
    where domain in ('observation', 'measurement')

),

response_names as (

    select * from {{ ref('response_names') }}
    where response = 'PD'

),

findings as (

    select * from {{ ref('int_findings') }}
    where finding = 'myeloma_progression' and is_present

),

worded as (

    select
        records.person_id,
        records.start_date as progression_date
    from records
    inner join response_names on lower(trim(records.value_text)) = response_names.source_text

),

structured_progressions as (

    select * from worded
    union
    select
        person_id,
        found_date as progression_date
    from findings

)

select * from structured_progressions
