-- One row per code that screened persons' records carry: a combination of source, domain, concept, source concept and
-- source code, with the names of its concepts and the number of records and of persons.

with records as (select * from {{ ref('int_screened_records') }}),
concepts as (select * from {{ ref('concept') }} where concept_id != 0),

counted_codes as (

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

),

source_codes as (

    select
        counted_codes.*,
        standard_concepts.concept_name,
        source_concepts.concept_name as source_concept_name
    from counted_codes
    left join concepts as standard_concepts
        on
            counted_codes.source_name = standard_concepts.source_name
            and counted_codes.concept_id = standard_concepts.concept_id
    left join concepts as source_concepts
        on
            counted_codes.source_name = source_concepts.source_name
            and counted_codes.source_concept_id = source_concepts.concept_id

)

select * from source_codes
