{{ config(materialized='ephemeral') }}
-- One row per person, characteristic of comorbidity, frailty or performance status, and day from which its value holds.
-- Definition: both Charlson indices, each component as 0 or 1, and the scores of int_frailty_scored; a score that a
-- missing ECOG leaves open has no row (specification comorbidities 10.2 and specification patients 10.4, Facon 2020).

with patients as (

    select
        person_id,
        make_date(coalesce(year_of_birth, 1900), 1, 1) as birth_date
    from {{ ref('int_myeloma_patients') }}

),

charlson as (select * from {{ ref('charlson') }}),
charlson_scores as (select * from {{ ref('int_charlson_scored') }}),
comorbidity_periods as (select * from {{ ref('int_comorbidity_periods') }}),
frailty_scores as (select * from {{ ref('int_frailty_scored') }}),

performance_history as (

    select
        person_id,
        ecog,
        case when ecog <= 1 then '0-1' when ecog = 2 then '2' when ecog > 2 then '3 or more' end as ecog_group,
        lag(ecog) over (partition by person_id order by valid_from_date) as previous_ecog,
        valid_from_date
    from {{ ref('int_frailty_scored') }}

),

-- a status that comes back holds again
performance_changes as (

    select * from performance_history
    where previous_ecog is null or previous_ecog != ecog

),

component_states as (

    select
        patients.person_id,
        charlson.component,
        0 as has_component,
        patients.birth_date as valid_from_date
    from patients
    cross join charlson
    union all
    select
        periods.person_id,
        periods.component,
        changes.has_component,
        case changes.has_component when 1 then periods.from_date else periods.until_date + 1 end as valid_from_date
    from comorbidity_periods as periods
    inner join patients on periods.person_id = patients.person_id
    cross join (values (0), (1)) as changes (has_component)

),

comorbidity_characteristics as (

    {{ characteristic_rows('charlson_scores', numbers=['charlson_index', 'charlson_index_quan']) }}
    union all
    {{ characteristic_rows('component_states', numbers=['has_component'], named="'charlson_' || component") }}
    union all
    {{ characteristic_rows(
        'frailty_scores', numbers=['is_frail', 'frailty_score', 'frailty_no_ecog', 'is_older_comorbid']
    ) }}
    union all
    {{ characteristic_rows('performance_changes', numbers={'ecog_group': 'ecog'}, texts=['ecog_group']) }}

)

select * from comorbidity_characteristics
