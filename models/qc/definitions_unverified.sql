-- One row per code of a concept set, or rule of a label, that nobody has read in a published source, with how often it
-- was used.
-- Definition: is_verified is false in concept_set_members or label_eligibility. use_count is the number of records of
-- myeloma candidates with the code, or of answers of the label. Suspicious, not wrong: what is used and unverified is to
-- be looked up first. Limits: a code is counted by its text, whatever the vocabulary of the record.

with members as (

    select * from {{ ref('concept_set_members') }}
    where not is_verified and not is_placeholder

),

labels as (

    select * from {{ ref('label_eligibility') }}
    where not is_verified

),

code_uses as (

    select
        plain_code,
        sum(record_count) as use_count
    from {{ ref('int_source_codes') }}
    group by 1

),

label_uses as (

    select
        product,
        region,
        label_valid_from,
        count(*) as use_count
    from {{ ref('int_label_eligibility') }}
    group by 1, 2, 3

),

definitions_unverified as (

    select
        'code' as kind,
        members.concept_set_id as name,
        members.vocabulary_id || ' ' || members.code as definition,
        members.caveat as note,
        cast(coalesce(code_uses.use_count, 0) as bigint) as use_count
    from members
    left join code_uses on {{ plain_code('members.code') }} = code_uses.plain_code
    union all
    select
        'label' as kind,
        labels.product || ' ' || labels.region as name,
        'from ' || cast(labels.valid_from as {{ dbt.type_string() }}) as definition,
        labels.citation as note,
        cast(coalesce(label_uses.use_count, 0) as bigint) as use_count
    from labels
    left join label_uses
        on
            labels.product = label_uses.product
            and labels.region = label_uses.region
            and labels.valid_from = label_uses.label_valid_from

)

select * from definitions_unverified
