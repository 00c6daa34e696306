-- One row per source code and concept set that claims it, with the first and last day on which it does.
-- Definition: the first of these that holds (resolved_by): the source's vocabulary, a concept id of the seed, the
-- source code itself (a prefix for hierarchical vocabularies, dots ignored), a drug's name in the source's own text
-- (int_codes_by_name). A concept reached through 'Maps to' counts only where the record has no code of its own in the
-- member's vocabulary: the mapping may be coarser (grades of CRS share one standard concept). Where the record's own
-- code was reused, the dates of its meaning hold whatever its standard concept says: J9380 was vincristine once and
-- maps to teclistamab today. A record without a standard concept that nothing else resolves is followed by its source
-- concept, or by its code where its vocabulary is to be looked up (NDC), to the standard concept that the source's
-- vocabulary maps it to.
-- Limits: by_name reads drug text only, and only where nothing else resolved.

with source_codes as (select * from {{ ref('int_source_codes') }}),
members as (select * from {{ ref('int_concept_set_members') }}),
concept_set_concepts as (select * from {{ ref('int_concept_set_concepts') }}),
vocabularies as (select * from {{ ref('source_vocabularies') }}),
codes_by_name as (select * from {{ ref('int_codes_by_name') }}),
concepts as (select * from {{ ref('concept') }}),
relationships as (select * from {{ ref('concept_relationship') }}),

matches_by_code as (

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

matches_by_concept as (

    select
        source_codes.code_key,
        concept_set_concepts.concept_set_id,
        concept_set_concepts.vocabulary_id,
        concept_set_concepts.valid_from,
        concept_set_concepts.valid_to,
        coalesce(
            members.is_reused
            and source_codes.source_concept_id = concept_set_concepts.concept_id
            and not concept_set_concepts.is_mapped,
            false
        ) as is_reused,
        concept_set_concepts.resolution_rank
    from source_codes
    inner join concept_set_concepts
        on
            source_codes.source_name = concept_set_concepts.source_name
            and (
                source_codes.concept_id = concept_set_concepts.concept_id
                or (
                    source_codes.source_concept_id = concept_set_concepts.concept_id
                    and not concept_set_concepts.is_mapped
                )
            )
    left join members on concept_set_concepts.member_id = members.member_id
    left join matches_by_code
        on
            concept_set_concepts.is_mapped
            and source_codes.code_key = matches_by_code.code_key
            and concept_set_concepts.vocabulary_id = matches_by_code.vocabulary_id
    where matches_by_code.code_key is null

),

direct_matches as (

    select * from matches_by_concept
    union all
    select * from matches_by_code

),

unresolved_codes as (

    select source_codes.*
    from source_codes
    left join direct_matches on source_codes.code_key = direct_matches.code_key
    where direct_matches.code_key is null and coalesce(source_codes.concept_id, 0) = 0

),

source_concepts as (

    select
        code_key,
        source_name,
        source_concept_id as concept_id
    from unresolved_codes
    where source_concept_id != 0
    union
    select
        unresolved_codes.code_key,
        unresolved_codes.source_name,
        concepts.concept_id
    from unresolved_codes
    inner join vocabularies on unresolved_codes.domain = vocabularies.domain and vocabularies.is_looked_up
    inner join concepts
        on
            unresolved_codes.source_name = concepts.source_name
            and vocabularies.vocabulary_id = concepts.vocabulary_id
            and unresolved_codes.plain_code = concepts.concept_code

),

matches_by_mapping as (

    select
        source_concepts.code_key,
        concept_set_concepts.concept_set_id,
        concept_set_concepts.vocabulary_id,
        concept_set_concepts.valid_from,
        concept_set_concepts.valid_to,
        false as is_reused,
        concept_set_concepts.resolution_rank
    from source_concepts
    inner join relationships
        on
            source_concepts.source_name = relationships.source_name
            and source_concepts.concept_id = relationships.concept_id_1
    inner join concept_set_concepts
        on
            relationships.source_name = concept_set_concepts.source_name
            and relationships.concept_id_2 = concept_set_concepts.concept_id
    where relationships.relationship_id = 'Maps to' and not concept_set_concepts.is_mapped

),

matches as (

    select * from direct_matches
    union all
    select * from matches_by_mapping

),

matches_by_name as (

    select
        codes_by_name.code_key,
        codes_by_name.concept_set_id,
        cast(null as {{ dbt.type_string() }}) as vocabulary_id,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to,
        false as is_reused,
        4 as resolution_rank
    from codes_by_name
    left join matches on codes_by_name.code_key = matches.code_key
    where matches.code_key is null

),

all_matches as (

    select * from matches
    union all
    select * from matches_by_name

),

governing_matches as (

    select
        all_matches.*,
        is_reused or not bool_or(is_reused) over (partition by code_key, concept_set_id) as is_governing
    from all_matches

),

code_matches as (

    select
        code_key,
        concept_set_id,
        min(case when is_governing then coalesce(valid_from, date '0001-01-01') end) as valid_from,
        max(case when is_governing then coalesce(valid_to, date '9999-12-31') end) as valid_to,
        case min(resolution_rank)
            when 1 then 'vocabulary'
            when 2 then 'seed_concept'
            when 3 then 'source_code'
            when 4 then 'by_name'
        end as resolved_by,
        {{ sorted_distinct_concat("coalesce(vocabulary_id, 'name')") }} as vocabularies
    from governing_matches
    group by 1, 2

)

select * from code_matches
