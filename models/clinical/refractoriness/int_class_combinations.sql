-- One row per combination of drugs and part of it (a class or a drug), with the number of its drugs that are needed.
-- Definition: specification refractoriness 3.1 and 3.2 (Rajkumar 2011) under the rule set in force. triple_class: an
-- immunomodulatory drug, a proteasome inhibitor and an anti-CD38 antibody. penta_drug: two, two and one of them
-- (penta_mode 2+2+1), or, where penta_named_five is 1, lenalidomide, pomalidomide, bortezomib, carfilzomib and
-- daratumumab (named_five).

with class_combinations as (

    select
        name,
        part,
        drug_count,
        part_count
    from {{ ref('class_combinations') }}
    where penta_named_five is null or penta_named_five = {{ parameter('refractoriness', 'penta_named_five') }}

)

select * from class_combinations
