-- One row per source code of myeloma patients that no concept set names although it looks relevant.
-- Definition: unresolved, and either its text holds a word of relevant_words (the first letters of a listed drug, a
-- local name of a test or a procedure), or it is a measurement without a standard concept (a local laboratory code).
-- Suspicious, not wrong: a code to look at once, and to add to a concept set where it belongs.

with source_codes as (select * from {{ ref('int_source_codes') }}),

codes_resolved as (

    select distinct code_key from {{ ref('int_codes_resolved') }}

),

words as (select * from {{ ref('relevant_words') }}),

unresolved as (

    select source_codes.*
    from source_codes
    left join codes_resolved on source_codes.code_key = codes_resolved.code_key
    where codes_resolved.code_key is null

),

by_word as (

    select
        unresolved.code_key,
        min(words.points_to) as points_to
    from unresolved
    inner join words
        on
            unresolved.domain = words.domain
            and upper(unresolved.source_code) like '%' || upper(words.word) || '%'
    group by 1

),

codes_unclaimed as (

    select
        unresolved.source_name,
        unresolved.domain,
        coalesce(unresolved.source_code, '') as source_code,
        coalesce(unresolved.concept_id, 0) as concept_id,
        coalesce(unresolved.source_concept_id, 0) as source_concept_id,
        by_word.points_to,
        case when by_word.code_key is not null then 'a word in it' else 'a local test' end as found_by,
        unresolved.record_count,
        unresolved.person_count
    from unresolved
    left join by_word on unresolved.code_key = by_word.code_key
    where
        by_word.code_key is not null
        or (unresolved.domain = 'measurement' and coalesce(unresolved.concept_id, 0) = 0)

)

select * from codes_unclaimed
