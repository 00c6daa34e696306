-- One row per source, member of a concept set and concept that stands for it.
-- Definition: a member is looked up in the source's own vocabulary by vocabulary and code (resolution_rank 1; ICD codes
-- with everything below them), then as the concept id that the seed carries (2). A code that is not standard is
-- followed to its standard concept ('Maps to'), and descendants are added where the member asks for them.
-- Limits: a mapping may be coarser than the code it comes from, so is_mapped rows count only where a record has no
-- code of its own in the member's vocabulary (int_codes_resolved).

with members as (select * from {{ ref('int_concept_set_members') }}),
concepts as (select * from {{ ref('concept') }}),
relationships as (select * from {{ ref('concept_relationship') }}),
ancestors as (select * from {{ ref('concept_ancestor') }}),
sources as (select source_name from {{ ref('landed_sources') }}),

vocabularies as (

    select
        vocabulary_id,
        bool_or(is_hierarchical) as is_hierarchical
    from {{ ref('source_vocabularies') }}
    group by 1

),

listed_concepts as (

    select
        concepts.source_name,
        members.member_id,
        concepts.concept_id,
        1 as resolution_rank
    from members
    inner join vocabularies on members.vocabulary_id = vocabularies.vocabulary_id
    inner join concepts
        on
            members.vocabulary_id = concepts.vocabulary_id
            and left({{ plain_code('concepts.concept_code') }}, length(members.plain_code)) = members.plain_code
    where
        {{ plain_code('concepts.concept_code') }} = members.plain_code
        or (members.include_descendants and vocabularies.is_hierarchical)
    union all
    select
        sources.source_name,
        members.member_id,
        members.concept_id,
        2 as resolution_rank
    from members
    cross join sources
    where members.concept_id is not null

),

standard_concepts as (

    select
        listed_concepts.*,
        false as is_mapped
    from listed_concepts
    union all
    select
        listed_concepts.source_name,
        listed_concepts.member_id,
        relationships.concept_id_2 as concept_id,
        listed_concepts.resolution_rank,
        true as is_mapped
    from listed_concepts
    inner join relationships
        on
            listed_concepts.source_name = relationships.source_name
            and listed_concepts.concept_id = relationships.concept_id_1
    where
        relationships.relationship_id = 'Maps to'
        and relationships.concept_id_1 != relationships.concept_id_2

),

expanded_concepts as (

    select * from standard_concepts
    union all
    select
        standard_concepts.source_name,
        standard_concepts.member_id,
        ancestors.descendant_concept_id as concept_id,
        standard_concepts.resolution_rank,
        standard_concepts.is_mapped
    from standard_concepts
    inner join members on standard_concepts.member_id = members.member_id
    inner join ancestors
        on
            standard_concepts.source_name = ancestors.source_name
            and standard_concepts.concept_id = ancestors.ancestor_concept_id
    where members.include_descendants

),

concept_set_concepts as (

    select
        expanded_concepts.source_name,
        members.concept_set_id,
        expanded_concepts.member_id,
        expanded_concepts.concept_id,
        members.vocabulary_id,
        members.valid_from,
        members.valid_to,
        min(expanded_concepts.resolution_rank) as resolution_rank,
        min(expanded_concepts.is_mapped) as is_mapped
    from expanded_concepts
    inner join members on expanded_concepts.member_id = members.member_id
    where expanded_concepts.concept_id != 0
    group by 1, 2, 3, 4, 5, 6, 7

)

select * from concept_set_concepts
