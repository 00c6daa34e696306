-- One row per person of a source with at least one recorded diagnosis that a myeloma concept set names.
-- Definition: the widest net; who has myeloma is decided in core.patients from these persons alone. This narrow pass
-- over condition_occurrence is what keeps every later step small.
-- Limits: a person known only from a drug or an infusion is not a candidate (algorithm P10).

with diagnoses as (select * from {{ ref('condition_occurrence') }}),

roles as (

    select * from {{ ref('concept_set_roles') }}
    where algorithm = 'myeloma_phenotype' and role = 'candidate'

),

members as (

    select concept_set_members.*
    from {{ ref('int_concept_set_members') }} as concept_set_members
    inner join roles on concept_set_members.concept_set_id = roles.concept_set_id

),

vocabularies as (

    select * from {{ ref('source_vocabularies') }}
    where domain = 'condition'

),

concepts as (

    select distinct
        concepts_of_sets.source_name,
        concepts_of_sets.concept_id
    from {{ ref('int_concept_set_concepts') }} as concepts_of_sets
    inner join roles on concepts_of_sets.concept_set_id = roles.concept_set_id

),

codes as (

    select distinct
        vocabularies.is_hierarchical and members.include_descendants as is_prefix,
        members.plain_code as code
    from members
    inner join vocabularies on members.vocabulary_id = vocabularies.vocabulary_id

),

by_concept as (

    select
        diagnoses.source_name,
        diagnoses.source_person_id
    from diagnoses
    inner join concepts
        on
            diagnoses.source_name = concepts.source_name
            and diagnoses.condition_concept_id = concepts.concept_id

),

by_source_concept as (

    select
        diagnoses.source_name,
        diagnoses.source_person_id
    from diagnoses
    inner join concepts
        on
            diagnoses.source_name = concepts.source_name
            and diagnoses.condition_source_concept_id = concepts.concept_id

),

-- each way to write a code is read once, not once per record
recorded_codes as (

    select
        condition_source_value,
        {{ plain_code('condition_source_value') }} as plain_code
    from (select distinct condition_source_value from diagnoses) as recorded

),

source_codes as (

    select distinct recorded_codes.condition_source_value
    from recorded_codes
    inner join codes on left(recorded_codes.plain_code, length(codes.code)) = codes.code
    where codes.is_prefix or recorded_codes.plain_code = codes.code

),

by_source_code as (

    select
        diagnoses.source_name,
        diagnoses.source_person_id
    from diagnoses
    inner join source_codes on diagnoses.condition_source_value = source_codes.condition_source_value

),

found as (

    select * from by_concept
    union
    select * from by_source_concept
    union
    select * from by_source_code

),

candidates as (

    select
        {{ person_key('source_name', 'source_person_id') }} as person_id,
        source_name,
        source_person_id
    from found

)

select * from candidates
