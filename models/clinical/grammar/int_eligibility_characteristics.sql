{{ config(materialized='ephemeral') }}
-- One row per person, characteristic of eligibility, and day from which its value holds.
-- Definition: eligible_<product>_<region> is 1 or 0, with what is missing as text; eligible_confirmed_… takes confirmed
-- refractoriness only; eligibility_sensitive_… is 1 where the strict line count of the IMWG would answer otherwise;
-- eligibility_label_… is the day since which the label in force asks this, first_eligible_… the first day on which the
-- answer was yes (specification eligibility 10.1).
-- Limits: before a label's first day there is no row.

with answers as (select * from {{ ref('int_label_eligibility') }}),

label_days as (

    select
        person_id,
        product,
        region,
        label_valid_from,
        min(valid_from_date) as valid_from_date
    from answers
    group by 1, 2, 3, 4

),

first_days as (

    select distinct
        person_id,
        product,
        region,
        first_eligible_date
    from answers

),

eligibility_characteristics as (

    {{ characteristic_rows(
        'answers',
        numbers={
            'eligible': 'is_eligible',
            'eligible_confirmed': 'is_eligible_confirmed',
            'eligibility_sensitive': 'is_sensitive',
        },
        texts={'eligible': 'unmet'},
        named="names.name || '_' || product || '_' || lower(region)",
    ) }}
    union all
    {{ characteristic_rows(
        'label_days',
        texts={'eligibility_label': 'label_valid_from'},
        named="names.name || '_' || product || '_' || lower(region)",
    ) }}
    union all
    {{ characteristic_rows(
        'first_days',
        texts={'first_eligible': 'first_eligible_date'},
        valid_from='first_eligible_date',
        named="names.name || '_' || product || '_' || lower(region)",
    ) }}

)

select * from eligibility_characteristics
