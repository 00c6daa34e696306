-- One row per drug code of a source and concept set that its text names.
-- Definition: a name of drug_names stands in the source's own text, or in the name of the record's concept, as whole
-- words (macros/plain_words); the longest name wins: a name that is part of a longer name found in the same text does
-- not count (melphalan flufenamide is not melphalan). Digits part words («REVLIMID25MG») unless the name itself has
-- any.
-- Limits: drug text only: a procedure's text that names a CAR-T product may be its apheresis.

with source_codes as (select * from {{ ref('int_source_codes') }} where domain = 'drug'),

recorded_texts as (

    select
        code_key,
        source_code as recorded_text
    from source_codes
    union
    select
        code_key,
        concept_name as recorded_text
    from source_codes
    union
    select
        code_key,
        source_concept_name as recorded_text
    from source_codes

),

texts as (

    select
        code_key,
        {{ plain_words('recorded_text') }} as words,
        {{ plain_words('recorded_text', 'a-z') }} as words_without_digits
    from recorded_texts
    where recorded_text is not null

),

names as (

    select distinct
        concept_set_id,
        {{ plain_words('name') }} as words,
        regexp_extract(name, '[0-9]', 0) != '' as has_digits
    from {{ ref('drug_names') }}

),

names_found as (

    select
        texts.code_key,
        names.concept_set_id,
        names.words
    from texts
    inner join names
        on
            case when names.has_digits then texts.words else texts.words_without_digits end
            like '%' || names.words || '%'

),

codes_by_name as (

    select distinct
        names_found.code_key,
        names_found.concept_set_id
    from names_found
    left join names_found as longer_names
        on
            names_found.code_key = longer_names.code_key
            and names_found.concept_set_id != longer_names.concept_set_id
            and length(longer_names.words) > length(names_found.words)
            and longer_names.words like '%' || names_found.words || '%'
    where longer_names.code_key is null

)

select * from codes_by_name
