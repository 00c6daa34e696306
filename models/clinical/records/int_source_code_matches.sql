-- One row per source code, concept set that it stands for by a code or concept, and member that says so.
-- Definition: by the source's vocabulary (resolution_rank 1), by a concept id of the seed (2), or by the source code
-- itself, a prefix for hierarchical vocabularies, dots ignored (3). A concept reached through 'Maps to' counts only
-- when the record has no code of its own in the vocabulary of the member: the mapping may be coarser (grades of CRS
-- share one standard concept). is_reused: the record's own code once meant something else. A record without a standard
-- concept that nothing else resolves is followed by its source concept, or by its code where its vocabulary is to be
-- looked up (NDC), to the standard concept that the source's vocabulary maps it to.

with source_codes as (select * from {{ ref('int_source_codes') }}),
members as (select * from {{ ref('int_concept_set_members') }}),
vocabularies as (select * from {{ ref('source_vocabularies') }}),
concepts_of_sets as (select * from {{ ref('int_concept_set_concepts') }}),
concepts as (select * from {{ ref('concept') }}),
relationships as (select * from {{ ref('concept_relationship') }}),

by_source_code as (

    select
        source_codes.code_key,
        members.concept_set_id,
        members.vocabulary_id,
        members.valid_from,
        members.valid_to,
        members.is_reused,
        3 as resolution_rank
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

by_concept as (

    select
        source_codes.code_key,
        concepts_of_sets.concept_set_id,
        concepts_of_sets.vocabulary_id,
        concepts_of_sets.valid_from,
        concepts_of_sets.valid_to,
        coalesce(
            members.is_reused
            and source_codes.source_concept_id = concepts_of_sets.concept_id
            and not concepts_of_sets.is_mapped,
            false
        ) as is_reused,
        concepts_of_sets.resolution_rank
    from source_codes
    inner join concepts_of_sets
        on
            source_codes.source_name = concepts_of_sets.source_name
            and (
                source_codes.concept_id = concepts_of_sets.concept_id
                or (source_codes.source_concept_id = concepts_of_sets.concept_id and not concepts_of_sets.is_mapped)
            )
    left join members on concepts_of_sets.member_id = members.member_id
    left join by_source_code
        on
            concepts_of_sets.is_mapped
            and source_codes.code_key = by_source_code.code_key
            and concepts_of_sets.vocabulary_id = by_source_code.vocabulary_id
    where by_source_code.code_key is null

),

codes_by_code as (

    select * from by_concept
    union all
    select * from by_source_code

),

unresolved as (

    select source_codes.*
    from source_codes
    left join codes_by_code on source_codes.code_key = codes_by_code.code_key
    where codes_by_code.code_key is null and coalesce(source_codes.concept_id, 0) = 0

),

pointing as (

    select
        code_key,
        source_name,
        source_concept_id as concept_id
    from unresolved
    where source_concept_id != 0
    union
    select
        unresolved.code_key,
        unresolved.source_name,
        concepts.concept_id
    from unresolved
    inner join vocabularies on unresolved.domain = vocabularies.domain and vocabularies.is_looked_up
    inner join concepts
        on
            unresolved.source_name = concepts.source_name
            and vocabularies.vocabulary_id = concepts.vocabulary_id
            and unresolved.plain_code = concepts.concept_code

),

by_mapping as (

    select
        pointing.code_key,
        concepts_of_sets.concept_set_id,
        concepts_of_sets.vocabulary_id,
        concepts_of_sets.valid_from,
        concepts_of_sets.valid_to,
        false as is_reused,
        concepts_of_sets.resolution_rank
    from pointing
    inner join relationships
        on pointing.source_name = relationships.source_name and pointing.concept_id = relationships.concept_id_1
    inner join concepts_of_sets
        on
            relationships.source_name = concepts_of_sets.source_name
            and relationships.concept_id_2 = concepts_of_sets.concept_id
    where relationships.relationship_id = 'Maps to' and not concepts_of_sets.is_mapped

),

source_code_matches as (

    select * from codes_by_code
    union all
    select * from by_mapping

)

select * from source_code_matches
