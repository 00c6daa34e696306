-- One row per source, concept set, member and concept that stands for it.
-- Definition: the concepts of its members (int_concept_set_expressions); a code that is not standard is followed to
-- its standard concept ('Maps to'), and descendants are added where the member asks for them.
-- Limits: a mapping may be coarser than the code it comes from, so is_mapped rows count only where a record has no
-- code of its own in the member's vocabulary (int_codes_resolved).

with members as (select * from {{ ref('int_concept_set_members') }}),
listed as (select * from {{ ref('int_concept_set_expressions') }}),
relationships as (select * from {{ ref('concept_relationship') }}),
ancestors as (select * from {{ ref('concept_ancestor') }}),

mapped as (

    select
        listed.source_name,
        listed.member_id,
        relationships.concept_id_2 as concept_id,
        listed.resolution_rank,
        true as is_mapped
    from listed
    inner join relationships
        on
            listed.source_name = relationships.source_name
            and listed.concept_id = relationships.concept_id_1
    where
        relationships.relationship_id = 'Maps to'
        and relationships.concept_id_1 != relationships.concept_id_2

),

standing as (

    select
        listed.*,
        false as is_mapped
    from listed
    union all
    select * from mapped

),

below as (

    select
        standing.source_name,
        standing.member_id,
        ancestors.descendant_concept_id as concept_id,
        standing.resolution_rank,
        standing.is_mapped
    from standing
    inner join members on standing.member_id = members.member_id
    inner join ancestors
        on
            standing.source_name = ancestors.source_name
            and standing.concept_id = ancestors.ancestor_concept_id
    where members.include_descendants

),

everything as (

    select * from standing
    union all
    select * from below

),

concepts_of_sets as (

    select
        everything.source_name,
        members.concept_set_id,
        everything.member_id,
        everything.concept_id,
        members.vocabulary_id,
        members.valid_from,
        members.valid_to,
        min(everything.resolution_rank) as resolution_rank,
        min(everything.is_mapped) as is_mapped
    from everything
    inner join members on everything.member_id = members.member_id
    where everything.concept_id != 0
    group by 1, 2, 3, 4, 5, 6, 7

)

select * from concepts_of_sets
