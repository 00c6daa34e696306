-- One row per source that came with a vocabulary, and member of a concept set that no concept of it stands for.
-- Definition: the source's concept table holds the member's vocabulary, and not this code. is_found_otherwise says that
-- an id of the seed or the code itself resolves records all the same.
-- Limits: a vocabulary that was cut down to the codes in use lacks most members; those are not wrong.

with members as (select * from {{ ref('int_concept_set_members') }}),

named_members as (

    select * from {{ ref('concept_set_members') }}
    where not is_placeholder

),

concepts as (select * from {{ ref('concept') }}),
concepts_of_sets as (select * from {{ ref('int_concept_set_concepts') }}),
source_codes as (select * from {{ ref('int_source_codes') }}),

vocabularies as (

    select distinct
        source_name,
        vocabulary_id
    from concepts

),

resolved as (

    select distinct
        source_name,
        member_id
    from concepts_of_sets
    where resolution_rank = 1

),

recorded as (

    select
        source_name,
        plain_code,
        sum(record_count) as record_count
    from source_codes
    group by 1, 2

),

codes_unmapped as (

    select
        vocabularies.source_name,
        members.concept_set_id,
        members.vocabulary_id,
        named_members.code,
        named_members.name,
        coalesce(recorded.record_count, 0) as record_count,
        members.concept_id is not null or recorded.record_count is not null as is_found_otherwise
    from members
    inner join vocabularies on members.vocabulary_id = vocabularies.vocabulary_id
    inner join named_members
        on
            members.concept_set_id = named_members.concept_set_id
            and members.vocabulary_id = named_members.vocabulary_id
            and members.plain_code = {{ plain_code('named_members.code') }}
    left join resolved
        on vocabularies.source_name = resolved.source_name and members.member_id = resolved.member_id
    left join recorded
        on vocabularies.source_name = recorded.source_name and members.plain_code = recorded.plain_code
    where resolved.member_id is null

)

select * from codes_unmapped
