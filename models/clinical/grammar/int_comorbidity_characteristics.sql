{{ config(materialized='ephemeral') }}
-- One row per person, comorbidity characteristic and day from which its value holds: both Charlson indices, each
-- component as 0 or 1, and what int_frailty_characteristics adds.

with scored as (select * from {{ ref('int_charlson_scored') }}),

periods as (

    select periods.*
    from {{ ref('int_comorbidity_periods') }} as periods
    inner join {{ ref('int_myeloma_patients') }} as patients on periods.person_id = patients.person_id

),

charlson as (select * from {{ ref('charlson') }}),
patients as (select * from {{ ref('int_myeloma_patients') }}),
frailty as (select * from {{ ref('int_frailty_characteristics') }}),

indices as (

    select
        person_id,
        'charlson_index' as name,
        charlson_index as value_number,
        valid_from_date
    from scored
    union all
    select
        person_id,
        'charlson_index_quan' as name,
        charlson_index_quan as value_number,
        valid_from_date
    from scored

),

components as (

    select
        patients.person_id,
        'charlson_' || charlson.component as name,
        0 as value_number,
        make_date(coalesce(patients.year_of_birth, 1900), 1, 1) as valid_from_date
    from patients
    cross join charlson
    union all
    select
        person_id,
        'charlson_' || component as name,
        1 as value_number,
        from_date as valid_from_date
    from periods
    union all
    select
        person_id,
        'charlson_' || component as name,
        0 as value_number,
        until_date + 1 as valid_from_date
    from periods

),

everything as (

    select * from indices
    union all
    select * from components

),

comorbidity_characteristics as (

    select
        person_id,
        name,
        cast(value_number as double) as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        valid_from_date
    from everything
    union all
    select * from frailty

)

select * from comorbidity_characteristics
