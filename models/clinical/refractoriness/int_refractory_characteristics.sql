{{ config(materialized='ephemeral') }}
-- One row per person, refractory characteristic and the day from which its value holds.
-- Definition: a state holds from the day of its evidence on (a progression on the index day counts, a dose of that day
-- does not). Beside the states stand the failures of the last line and of CAR-T (int_failed_treatments).
-- Limits: 0 says that nothing shows it.

with patients as (select * from {{ ref('int_myeloma_patients') }}),
states as (select * from {{ ref('int_refractory_states') }}),

drug_classes as (

    select * from {{ ref('drug_classes') }}
    where role = 'core'

),

failed_treatments as (select * from {{ ref('int_failed_treatments') }}),

possible as (

    select ingredient as state from drug_classes
    union
    select drug_class as state from drug_classes
    union
    select name as state from {{ ref('int_class_combinations') }}

),

everything as (

    select
        states.person_id,
        states.state,
        states.level,
        1 as value_number,
        states.known_date as valid_from_date
    from states
    union all
    select
        patients.person_id,
        possible.state,
        levels.level,
        0 as value_number,
        make_date(coalesce(patients.year_of_birth, 1900), 1, 1) as valid_from_date
    from patients
    cross join possible
    cross join (
        select 'primary' as level
        union all
        select 'confirmed' as level
    ) as levels

),

named_states as (

    select
        person_id,
        case
            when state in ('triple_class', 'penta_drug') then 'is_' || state || '_refractory' else
                'refractory_' || state
        end
        || case level when 'confirmed' then '_confirmed' else '' end as name,
        value_number,
        valid_from_date
    from everything

),

gathered as (

    select * from named_states
    union all
    select * from failed_treatments

),

refractory_characteristics as (

    select
        person_id,
        name,
        cast(value_number as double) as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        valid_from_date
    from gathered

)

select * from refractory_characteristics
