{{ config(materialized='ephemeral') }}
-- One row per person, characteristic of eligibility, and day from which its value holds.
-- Definition: eligible_<product>_<region> is 1 or 0, with what is missing as text; eligible_confirmed_… takes
-- confirmed refractoriness only; eligibility_sensitive_… is 1 where the strict line count of the IMWG would answer
-- otherwise; eligibility_label_… is the day since which the label in force asks this, first_eligible_… the first day
-- on which the answer was yes (algorithms 10.1).
-- Limits: before a label's first day there is no row.

with eligibility as (

    select
        int_label_eligibility.*,
        product || '_' || lower(region) as label_name
    from {{ ref('int_label_eligibility') }} as int_label_eligibility

),

labels as (

    select
        person_id,
        label_name,
        label_valid_from,
        min(valid_from_date) as valid_from_date
    from eligibility
    group by 1, 2, 3

),

first_eligible as (

    select distinct
        person_id,
        label_name,
        first_eligible_date
    from eligibility
    where first_eligible_date is not null

),

everything as (

    select
        person_id,
        'eligible_' || label_name as name,
        case when is_eligible then 1.0 else 0.0 end as value_number,
        unmet as value_text,
        valid_from_date
    from eligibility
    union all
    select
        person_id,
        'eligible_confirmed_' || label_name as name,
        case when is_eligible_confirmed then 1.0 else 0.0 end as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        valid_from_date
    from eligibility
    union all
    select
        person_id,
        'eligibility_sensitive_' || label_name as name,
        case when is_sensitive then 1.0 else 0.0 end as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        valid_from_date
    from eligibility
    union all
    select
        person_id,
        'eligibility_label_' || label_name as name,
        cast(null as double) as value_number,
        cast(label_valid_from as {{ dbt.type_string() }}) as value_text,
        valid_from_date
    from labels
    union all
    select
        person_id,
        'first_eligible_' || label_name as name,
        cast(null as double) as value_number,
        cast(first_eligible_date as {{ dbt.type_string() }}) as value_text,
        first_eligible_date as valid_from_date
    from first_eligible

),

eligibility_characteristics as (

    select
        person_id,
        name,
        cast(value_number as double) as value_number,
        value_text,
        valid_from_date
    from everything

)

select * from eligibility_characteristics
