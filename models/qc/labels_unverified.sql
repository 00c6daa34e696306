-- One row per rule of a label that nobody has read in a published source, with how many answers rest on it.
-- Definition: label_eligibility.is_verified is false. Suspicious, not wrong: read the label, and set is_verified or
-- correct the rule.

with labels as (select * from {{ ref('label_eligibility') }} where not is_verified),
label_answers as (select * from {{ ref('int_label_eligibility') }}),

labels_unverified as (

    select
        labels.product,
        labels.region,
        labels.valid_from,
        labels.citation,
        count(label_answers.person_id) as answer_count
    from labels
    left join label_answers
        on
            labels.product = label_answers.product
            and labels.region = label_answers.region
            and labels.valid_from = label_answers.label_valid_from
    group by 1, 2, 3, 4

)

select * from labels_unverified
