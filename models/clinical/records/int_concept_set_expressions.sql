-- One row per source, member of a concept set and concept that bears its code or id.
-- Definition: a member is looked up in the source's own vocabulary by vocabulary and code (ICD codes with everything
-- below them), then as the concept id that the seed carries.

with members as (select * from {{ ref('int_concept_set_members') }}),

hierarchical_vocabularies as (

    select
        vocabulary_id,
        bool_or(is_hierarchical) as is_hierarchical
    from {{ ref('source_vocabularies') }}
    group by 1

),

concepts as (select * from {{ ref('concept') }}),

sources as (

    select distinct source_name from {{ ref('person') }}

),

listed_in_vocabulary as (

    select
        concepts.source_name,
        members.member_id,
        concepts.concept_id,
        1 as resolution_rank
    from members
    inner join hierarchical_vocabularies on members.vocabulary_id = hierarchical_vocabularies.vocabulary_id
    inner join concepts
        on
            members.vocabulary_id = concepts.vocabulary_id
            and left({{ plain_code('concepts.concept_code') }}, length(members.plain_code))
            = members.plain_code
    where
        {{ plain_code('concepts.concept_code') }} = members.plain_code
        or (members.include_descendants and hierarchical_vocabularies.is_hierarchical)

),

listed_in_seed as (

    select
        sources.source_name,
        members.member_id,
        members.concept_id,
        2 as resolution_rank
    from members
    cross join sources
    where members.concept_id is not null

),

members_listed as (

    select * from listed_in_vocabulary
    union all
    select * from listed_in_seed

)

select * from members_listed
