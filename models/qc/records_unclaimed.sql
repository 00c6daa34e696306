{{ config(materialized='view') }}
-- One row per patient and code that no concept set names, with how many records carry it and from when to when.
-- Definition: the codes of int_source_codes that int_codes_resolved does not resolve; points_to where codes_unclaimed
-- finds one worth a look. It is a view: one person is read at a time.
-- Suspicious, not wrong: most records of a person are of no concern to myeloma.

with records as (select * from {{ ref('int_screened_records') }}),
patients as (select * from {{ ref('patients') }}),
codes_resolved as (select * from {{ ref('int_codes_resolved') }}),
codes_unclaimed as (select * from {{ ref('codes_unclaimed') }}),

records_counted as (

    select
        records.person_id,
        records.source_name,
        records.domain,
        coalesce(records.source_code, '') as source_code,
        coalesce(records.concept_id, 0) as concept_id,
        coalesce(records.source_concept_id, 0) as source_concept_id,
        count(*) as record_count,
        min(records.start_date) as first_date,
        max(records.start_date) as last_date
    from records
    inner join patients on records.person_id = patients.person_id
    left join codes_resolved on records.code_key = codes_resolved.code_key
    where codes_resolved.code_key is null and records.domain != 'visit'
    group by 1, 2, 3, 4, 5, 6

),

records_unclaimed as (

    select
        records_counted.person_id,
        records_counted.domain,
        records_counted.source_code,
        records_counted.concept_id,
        records_counted.source_concept_id,
        codes_unclaimed.found_by,
        codes_unclaimed.points_to,
        records_counted.record_count,
        records_counted.first_date,
        records_counted.last_date
    from records_counted
    left join codes_unclaimed
        on
            records_counted.source_name = codes_unclaimed.source_name
            and records_counted.domain = codes_unclaimed.domain
            and records_counted.source_code = codes_unclaimed.source_code
            and records_counted.concept_id = codes_unclaimed.concept_id
            and records_counted.source_concept_id = codes_unclaimed.source_concept_id

)

select * from records_unclaimed
