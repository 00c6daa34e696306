{{ config(materialized='ephemeral') }}
-- One row per person, characteristic of eligibility or frailty, and day from which its value holds.
-- Definition: eligible_<product>_<region> is 1 or 0, with what is missing as text;
-- eligibility_sensitive_<product>_<region> is
-- 1 where the strict line count of the IMWG would answer otherwise (algorithms 10).

with eligibility as (

    select * from {{ ref('int_label_eligibility') }}

),

frailty as (

    select * from {{ ref('int_frailty_scored') }}

),

performance as (

    select
        person_id,
        ecog,
        min(valid_from_date) as valid_from_date
    from {{ ref('int_frailty_history') }}
    where ecog is not null
    group by 1, 2

),

eligibility_characteristics as (

    select
        person_id,
        'eligible_' || product || '_' || lower(region) as name,
        case when is_eligible then 1.0 else 0.0 end as value_number,
        unmet as value_text,
        valid_from_date
    from eligibility
    union all
    select
        person_id,
        'eligibility_sensitive_' || product || '_' || lower(region) as name,
        case when is_sensitive then 1.0 else 0.0 end as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        valid_from_date
    from eligibility
    union all
    select
        person_id,
        'is_frail' as name,
        case when is_frail then 1.0 else 0.0 end as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        valid_from_date
    from frailty
    where is_frail is not null
    union all
    select
        person_id,
        'frailty_score' as name,
        frailty_score as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        valid_from_date
    from frailty
    where frailty_score is not null
    union all
    select
        person_id,
        'frailty_no_ecog' as name,
        frailty_no_ecog as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        valid_from_date
    from frailty
    where frailty_no_ecog is not null
    union all
    select
        person_id,
        'is_older_comorbid' as name,
        case when is_older_comorbid then 1.0 else 0.0 end as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        valid_from_date
    from frailty
    where is_older_comorbid is not null
    union all
    select
        person_id,
        'ecog_group' as name,
        ecog as value_number,
        case when ecog <= 1 then '0-1' when ecog = 2 then '2' else '3 or more' end as value_text,
        valid_from_date
    from performance

)

select
    person_id,
    name,
    cast(value_number as double) as value_number,
    value_text,
    valid_from_date
from eligibility_characteristics
