{{ config(materialized='ephemeral') }}
-- One row per person, characteristic of frailty or performance status, and day from which its value holds.
-- Definition: int_frailty_scored; a score that a missing ECOG leaves open has no row (algorithms 10.2 and 10.4).

with frailty as (select * from {{ ref('int_frailty_scored') }}),

scored as (

    select
        person_id,
        ecog,
        valid_from_date,
        lag(ecog) over (partition by person_id order by valid_from_date) as previous_ecog
    from {{ ref('int_frailty_scored') }}

),

-- a status that comes back holds again
performance as (

    select * from scored
    where ecog is not null and (previous_ecog is null or previous_ecog != ecog)

),

everything as (

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

),

frailty_characteristics as (

    select
        person_id,
        name,
        cast(value_number as double) as value_number,
        value_text,
        valid_from_date
    from everything

)

select * from frailty_characteristics
