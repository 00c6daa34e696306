-- One row per person and transplant, infusion, progression or line of a registry: the days at which treatment may turn.
-- An infusion bears its product, or other_target when it is not against BCMA, though its own code may not say so.

with transplants as (select * from {{ ref('int_transplants_found') }}),
cell_therapies as (select * from {{ ref('int_cell_therapies_found') }}),

progressions as (

    select distinct
        person_id,
        progression_date
    from {{ ref('int_progression_dates') }}

),

abstracted_lines as (select * from {{ ref('int_abstracted_lines') }}),

line_procedures as (

    select
        person_id,
        case kind when 'allogeneic' then 'ALLO' else 'ASCT' end as kind,
        cast(null as {{ dbt.type_string() }}) as ingredient,
        transplant_date as event_date
    from transplants
    union all
    select
        person_id,
        'CART' as kind,
        case target when 'other' then 'other_target' else product end as ingredient,
        infusion_date as event_date
    from cell_therapies
    union all
    select
        person_id,
        'PD' as kind,
        cast(null as {{ dbt.type_string() }}) as ingredient,
        progression_date as event_date
    from progressions
    union all
    select
        person_id,
        'LINE' as kind,
        cast(null as {{ dbt.type_string() }}) as ingredient,
        line_start_date as event_date
    from abstracted_lines

)

select * from line_procedures
