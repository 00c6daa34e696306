-- One row per source and member of a concept set that nobody has verified, where the source has records of it.
-- Definition: concept_set_members.is_verified is false: the code was taken from a list and not looked up in its
-- vocabulary. Its records count like any other's; record_count says how many rest on it, by its code or a concept.
-- Suspicious, not wrong: look the code up once, and set is_verified or correct it.

with members as (select * from {{ ref('int_concept_set_members') }} where not is_verified),
concept_set_concepts as (select * from {{ ref('int_concept_set_concepts') }}),
source_codes as (select * from {{ ref('int_source_codes') }}),
vocabularies as (select * from {{ ref('source_vocabularies') }}),

recorded_members as (

    select
        source_codes.code_key,
        members.member_id
    from source_codes
    inner join concept_set_concepts
        on
            source_codes.source_name = concept_set_concepts.source_name
            and concept_set_concepts.concept_id in (source_codes.concept_id, source_codes.source_concept_id)
    inner join members on concept_set_concepts.member_id = members.member_id
    union
    select
        source_codes.code_key,
        members.member_id
    from source_codes
    inner join vocabularies on source_codes.domain = vocabularies.domain
    inner join members
        on
            vocabularies.vocabulary_id = members.vocabulary_id
            and left(source_codes.plain_code, length(members.plain_code)) = members.plain_code
    where
        source_codes.plain_code = members.plain_code
        or (
            members.include_descendants
            and vocabularies.is_hierarchical
            and length(source_codes.plain_code) <= vocabularies.longest_code
        )

),

codes_unverified as (

    select
        source_codes.source_name,
        members.concept_set_id,
        members.vocabulary_id,
        members.code,
        members.name,
        sum(source_codes.record_count) as record_count
    from recorded_members
    inner join members on recorded_members.member_id = members.member_id
    inner join source_codes on recorded_members.code_key = source_codes.code_key
    group by 1, 2, 3, 4, 5

)

select * from codes_unverified
