-- One row per source and diagnosis code, among all people, that no concept set recognises although its text names
-- myeloma (relevant_words).
-- Definition: neither the code nor one of its concepts stands for any concept set. Who has no other diagnosis is no
-- candidate and in no cohort, so qc.codes_unclaimed, which looks at candidates, cannot show it.
-- Suspicious, not wrong: «family history of myeloma» is no myeloma.

with diagnoses as (select * from {{ ref('condition_occurrence') }}),
members as (select * from {{ ref('int_concept_set_members') }}),
concepts_of_sets as (select * from {{ ref('int_concept_set_concepts') }}),

vocabularies as (

    select * from {{ ref('source_vocabularies') }}
    where domain = 'condition'

),

words as (

    select upper(relevant_words.word) as word
    from {{ ref('relevant_words') }} as relevant_words
    inner join {{ ref('concept_set_roles') }} as roles on relevant_words.points_to = roles.concept_set_id
    where
        relevant_words.domain = 'condition'
        and roles.algorithm = 'myeloma_phenotype'
        and roles.role = 'candidate'

),

-- few codes name myeloma: they are found before anything is counted
texts as (

    select distinct recorded.condition_source_value
    from (select distinct condition_source_value from diagnoses) as recorded
    inner join words on upper(recorded.condition_source_value) like '%' || words.word || '%'

),

named as (

    select
        diagnoses.source_name,
        diagnoses.condition_source_value as source_code,
        {{ plain_code('diagnoses.condition_source_value') }} as plain_code,
        coalesce(diagnoses.condition_concept_id, 0) as concept_id,
        coalesce(diagnoses.condition_source_concept_id, 0) as source_concept_id,
        count(*) as record_count,
        count(distinct diagnoses.source_person_id) as person_count
    from diagnoses
    inner join texts on diagnoses.condition_source_value = texts.condition_source_value
    group by 1, 2, 3, 4, 5

),

recognised as (

    select
        named.source_name,
        named.source_code,
        named.concept_id,
        named.source_concept_id
    from named
    inner join vocabularies on length(named.plain_code) <= vocabularies.longest_code
    inner join members
        on
            vocabularies.vocabulary_id = members.vocabulary_id
            and left(named.plain_code, length(members.plain_code)) = members.plain_code
    where
        named.plain_code = members.plain_code
        or (members.include_descendants and vocabularies.is_hierarchical)
    union
    select
        named.source_name,
        named.source_code,
        named.concept_id,
        named.source_concept_id
    from named
    inner join concepts_of_sets
        on
            named.source_name = concepts_of_sets.source_name
            and (
                named.concept_id = concepts_of_sets.concept_id
                or named.source_concept_id = concepts_of_sets.concept_id
            )

),

diagnoses_unclaimed as (

    select
        named.source_name,
        named.source_code,
        named.concept_id,
        named.source_concept_id,
        named.record_count,
        named.person_count
    from named
    left join recognised
        on
            named.source_name = recognised.source_name
            and named.source_code = recognised.source_code
            and named.concept_id = recognised.concept_id
            and named.source_concept_id = recognised.source_concept_id
    where recognised.source_code is null

)

select * from diagnoses_unclaimed
