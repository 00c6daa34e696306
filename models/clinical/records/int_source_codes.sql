-- One row per code that screened persons' records carry: a combination of source, domain, concept, source concept and
-- source code, with the number of records and of persons.

with records as (select * from {{ ref('int_screened_records') }}),

source_codes as (

    select
        code_key,
        source_name,
        domain,
        concept_id,
        source_concept_id,
        source_code,
        {{ plain_code('source_code') }} as plain_code,
        count(*) as record_count,
        count(distinct person_id) as person_count
    from records
    group by 1, 2, 3, 4, 5, 6, 7

)

select * from source_codes
