{{ config(materialized='ephemeral') }}
-- One row per person, refractory characteristic and the day from which its value holds.
-- Definition: a state holds from the day of its evidence on (a progression on the index day counts, a dose of that day
-- does not). is_refractory_last_line speaks of the line begun last before the date. is_car_t_refractory is known from
-- the first progression after the infusion: 1 when that came within 60 days, else 0 (004: 14 against 92).
-- Limits: 0 says that nothing shows it.

with patients as (

    select * from {{ ref('int_patients_observed') }}

),

states as (

    select * from {{ ref('int_refractory_states') }}

),

drug_classes as (

    select * from {{ ref('drug_classes') }}
    where role = 'core'

),

lines_of_therapy as (

    select * from {{ ref('lines_of_therapy') }}

),

refractoriness as (

    select * from {{ ref('refractoriness') }}

),

cell_therapies as (

    select * from {{ ref('cell_therapies') }}

),

progressions as (

    select * from {{ ref('int_progression_dates') }}

),

possible as (

    select ingredient as state from drug_classes
    union
    select drug_class as state from drug_classes
    union
    select name as state from {{ ref('class_combinations') }}

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

last_lines as (

    select
        person_id,
        'is_refractory_last_line' as name,
        0 as value_number,
        line_index_date + 1 as valid_from_date
    from lines_of_therapy
    union all
    select
        refractoriness.person_id,
        'is_refractory_last_line' as name,
        1 as value_number,
        min(refractoriness.evidence_date) as valid_from_date
    from refractoriness
    left join lines_of_therapy as next_lines
        on
            refractoriness.person_id = next_lines.person_id
            and refractoriness.line_number + 1 = next_lines.line_number
    where
        refractoriness.status in ('CONFIRMED', 'PROBABLE')
        and (next_lines.line_index_date is null or refractoriness.evidence_date <= next_lines.line_index_date)
    group by 1, 2, 3, refractoriness.line_number

),

first_failures as (

    select
        cell_therapies.person_id,
        cell_therapies.infusion_date,
        min(progressions.progression_date) as progression_date
    from cell_therapies
    inner join progressions
        on
            cell_therapies.person_id = progressions.person_id
            and cell_therapies.infusion_date < progressions.progression_date
    group by 1, 2

),

after_car_t as (

    select
        person_id,
        'is_car_t_refractory' as name,
        case
            when
                {{ days_between('infusion_date', 'progression_date') }}
                <= {{ parameter('refractoriness', 'car_t_refractory_days') }}
                then 1
            else 0
        end as value_number,
        progression_date as valid_from_date
    from first_failures

),

refractory_characteristics as (

    select * from named_states
    union all
    select * from last_lines
    union all
    select * from after_car_t

)

select
    person_id,
    name,
    cast(value_number as double) as value_number,
    cast(null as {{ dbt.type_string() }}) as value_text,
    valid_from_date
from refractory_characteristics
