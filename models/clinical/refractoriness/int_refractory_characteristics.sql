{{ config(materialized='ephemeral') }}
-- One row per person, refractory characteristic and the day from which its value holds.
-- Definition: a state holds from the day of its evidence on (a progression on the index day counts, a dose of that day
-- does not). is_refractory_last_line speaks of the line begun last before the date. is_car_t_refractory is known from
-- the first progression after the infusion: 1 when that came within 60 days, else 0 (14 against 92 in
-- progression_patterns).
-- Limits: 0 says that nothing shows it.

with patients as (

    select
        person_id,
        make_date(coalesce(year_of_birth, 1900), 1, 1) as birth_date
    from {{ ref('int_myeloma_patients') }}

),

states as (select * from {{ ref('int_refractory_states') }}),
lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),
cell_therapies as (select * from {{ ref('cell_therapies') }}),
progressions as (select * from {{ ref('int_progression_dates') }}),

refractoriness as (

    select * from {{ ref('refractoriness') }}
    where status in ('CONFIRMED', 'PROBABLE')

),

drug_classes as (

    select * from {{ ref('drug_classes') }}
    where role = 'core'

),

state_names as (

    select ingredient as state from drug_classes
    union
    select drug_class as state from drug_classes
    union
    select name as state from {{ ref('int_class_combinations') }}

),

state_answers as (

    select
        person_id,
        state,
        level,
        1 as is_refractory,
        known_date as valid_from_date
    from states
    union all
    select
        patients.person_id,
        state_names.state,
        levels.level,
        0 as is_refractory,
        patients.birth_date as valid_from_date
    from patients
    cross join state_names
    cross join (values ('primary'), ('confirmed')) as levels (level)

),

last_line_answers as (

    select
        person_id,
        0 as is_refractory_last_line,
        line_index_date + 1 as valid_from_date
    from lines_of_therapy
    union all
    select
        refractoriness.person_id,
        1 as is_refractory_last_line,
        min(refractoriness.evidence_date) as valid_from_date
    from refractoriness
    left join lines_of_therapy as next_lines
        on
            refractoriness.person_id = next_lines.person_id
            and refractoriness.line_number + 1 = next_lines.line_number
    where next_lines.line_index_date is null or refractoriness.evidence_date <= next_lines.line_index_date
    group by refractoriness.person_id, refractoriness.line_number

),

progressions_after_infusions as (

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

car_t_answers as (

    select
        person_id,
        {{ days_between('infusion_date', 'progression_date') }}
        <= {{ parameter('refractoriness', 'car_t_refractory_days') }} as is_car_t_refractory,
        progression_date as valid_from_date
    from progressions_after_infusions

),

refractory_characteristics as (

    select
        person_id,
        case
            when state in ('triple_class', 'penta_drug') then 'is_' || state || '_refractory'
            else 'refractory_' || state
        end
        || case level when 'confirmed' then '_confirmed' else '' end as name,
        cast(is_refractory as double) as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        valid_from_date
    from state_answers
    union all
    {{ characteristic_rows('last_line_answers', numbers=['is_refractory_last_line']) }}
    union all
    {{ characteristic_rows('car_t_answers', numbers=['is_car_t_refractory']) }}

)

select * from refractory_characteristics
