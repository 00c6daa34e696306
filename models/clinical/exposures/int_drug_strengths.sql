-- One row per code of a drug that says a strength: the milligrams of one unit of it.
-- Definition: what the billing code stands for (drug_strengths), else the milligrams in the source's own text, else
-- those in the name of the record's concept. Of a combination the first strength named («1800-30000 MG-UT» is 1800 mg
-- with 30,000 units); a comma parts thousands where three digits follow it, else decimals.
-- Limits: a code that says no strength has no row, and its dose is unknown.

with source_codes as (select * from {{ ref('int_source_codes') }} where domain in ('drug', 'procedure')),
billing_codes as (select * from {{ ref('drug_strengths') }}),

texts as (

    select
        code_key,
        2 as text_rank,
        lower(source_code) as words
    from source_codes
    union
    select
        code_key,
        3 as text_rank,
        lower(concept_name) as words
    from source_codes

),

numbers_named as (

    select
        code_key,
        text_rank,
        regexp_extract(
            words, '([0-9]{1,3}(?:,[0-9]{3})+(?:[.][0-9]+)?|[0-9]+(?:[.,][0-9]+)?)(?:-[0-9.,]+)* ?mg', 1
        ) as number_text
    from texts

),

strengths_named as (

    select
        source_codes.code_key,
        1 as text_rank,
        billing_codes.milligrams
    from source_codes
    inner join billing_codes on source_codes.plain_code = {{ plain_code('billing_codes.source_code') }}
    union all
    select
        code_key,
        text_rank,
        cast(
            case
                when regexp_extract(number_text, ',[0-9]{3}', 0) != '' then replace(number_text, ',', '')
                else replace(number_text, ',', '.')
            end as double
        ) as milligrams
    from numbers_named
    where number_text != ''

),

drug_strengths as (

    select
        code_key,
        min_by(milligrams, text_rank) as milligrams
    from strengths_named
    group by 1

)

select * from drug_strengths
