-- One row per code of a drug that says a strength: the milligrams of one unit of it.
-- Definition: what the billing code stands for (drug_strengths), else the milligrams in the source's own text, else
-- those in the name of the record's concept.
-- Limits: of a combination the first strength named; a code that says none has no row, and its dose is unknown.

with source_codes as (select * from {{ ref('int_source_codes') }} where domain in ('drug', 'procedure')),
concepts as (select * from {{ ref('concept') }}),
billing_codes as (select * from {{ ref('drug_strengths') }}),

strengths_named as (

    select
        source_codes.code_key,
        max(billing_codes.milligrams) as of_billing_code,
        max(nullif(regexp_extract(lower(source_codes.source_code), '([0-9]+[.]?[0-9]*) ?mg', 1), '')) as of_text,
        max(nullif(regexp_extract(lower(concepts.concept_name), '([0-9]+[.]?[0-9]*) ?mg', 1), '')) as of_concept
    from source_codes
    left join billing_codes on source_codes.plain_code = {{ plain_code('billing_codes.source_code') }}
    left join concepts
        on source_codes.source_name = concepts.source_name and source_codes.concept_id = concepts.concept_id
    group by 1

),

drug_strengths as (

    select
        code_key,
        coalesce(of_billing_code, cast(of_text as double), cast(of_concept as double)) as milligrams
    from strengths_named
    where coalesce(of_billing_code, cast(of_text as double), cast(of_concept as double)) is not null

)

select * from drug_strengths
