-- One row per person of a source with at least one recorded diagnosis that a myeloma concept set names.
-- Definition: the widest net; who has myeloma is decided in core.patients from these persons alone. This narrow pass
-- over condition_occurrence is what keeps every later step small.
-- Limits: a person known only from a drug or an infusion is not screened (algorithms P10).

with diagnoses as (select * from {{ ref('condition_occurrence') }}),
members as (select * from {{ ref('int_concept_set_members') }}),
vocabularies as (select * from {{ ref('source_vocabularies') }} where domain = 'condition'),
roles as (select * from {{ ref('concept_set_roles') }} where algorithm = 'myeloma_phenotype' and role = 'candidate'),

screened_concepts as (

    select distinct
        concept_set_concepts.source_name,
        concept_set_concepts.concept_id
    from {{ ref('int_concept_set_concepts') }} as concept_set_concepts
    inner join roles on concept_set_concepts.concept_set_id = roles.concept_set_id

),

screened_codes as (

    select distinct
        members.plain_code,
        vocabularies.is_hierarchical and members.include_descendants as is_prefix
    from members
    inner join roles on members.concept_set_id = roles.concept_set_id
    inner join vocabularies on members.vocabulary_id = vocabularies.vocabulary_id

),

-- each way to write a code is read once, not once per record
recorded_codes as (

    select
        condition_source_value,
        {{ plain_code('condition_source_value') }} as plain_code
    from (select distinct condition_source_value from diagnoses) as recorded

),

screened_texts as (

    select distinct recorded_codes.condition_source_value
    from recorded_codes
    inner join screened_codes
        on left(recorded_codes.plain_code, length(screened_codes.plain_code)) = screened_codes.plain_code
    where screened_codes.is_prefix or recorded_codes.plain_code = screened_codes.plain_code

),

diagnosed_persons as (

    select
        diagnoses.source_name,
        diagnoses.source_person_id
    from diagnoses
    inner join screened_concepts
        on
            diagnoses.source_name = screened_concepts.source_name
            and diagnoses.condition_concept_id = screened_concepts.concept_id
    union
    select
        diagnoses.source_name,
        diagnoses.source_person_id
    from diagnoses
    inner join screened_concepts
        on
            diagnoses.source_name = screened_concepts.source_name
            and diagnoses.condition_source_concept_id = screened_concepts.concept_id
    union
    select
        diagnoses.source_name,
        diagnoses.source_person_id
    from diagnoses
    inner join screened_texts on diagnoses.condition_source_value = screened_texts.condition_source_value

),

screened_persons as (

    select
        {{ person_key('source_name', 'source_person_id') }} as person_id,
        source_name,
        source_person_id
    from diagnosed_persons

)

select * from screened_persons
