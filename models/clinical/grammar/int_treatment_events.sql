{{ config(materialized='ephemeral') }}
-- One row per person, day and event that treatment makes: infusions and the way to them, transplants, lines.
-- Definition: the names that studies/known_events lists. line_start carries the number of the line as its value; a
-- T-cell-engaging line is one with CAR-T or a bispecific antibody; first_after_progression is the first dose of the
-- line that follows the progression of an infused line. An imputed apheresis is no event.

with cell_therapies as (select * from {{ ref('cell_therapies') }}),
transplants as (select * from {{ ref('transplants') }}),
lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),
infusion_courses as (select * from {{ ref('int_infusion_courses') }}),

infusion_days as (

    select
        person_id,
        case when product = 'ide_cel' then infusion_date end as ide_cel,
        case when product = 'cilta_cel' then infusion_date end as cilta_cel,
        case when target = 'bcma' and not is_apheresis_imputed then apheresis_date end as apheresis,
        case when target = 'bcma' then lymphodepletion_start_date end as lymphodepletion
    from cell_therapies

),

line_days as (

    select
        person_id,
        line_number,
        line_start_date as line_start,
        case
            when
                has_bcma_car_t
                or has_other_car_t
                or has_bcma_bispecific
                or has_gprc5d_bispecific
                or has_other_bispecific
                then line_index_date
        end as t_cell_engaging,
        case when has_bcma_bispecific or has_gprc5d_bispecific or has_other_bispecific then line_index_date end
            as bispecific,
        case when has_bcma_adc then line_index_date end as bcma_adc,
        case when has_selinexor then line_index_date end as selinexor
    from lines_of_therapy

),

salvage_days as (

    select
        person_id,
        next_line_date as first_after_progression,
        second_line_date as second_after_progression
    from infusion_courses
    where progression_date is not null

),

treatment_events as (

    select
        person_id,
        infusion_date as event_date,
        infusion_date as end_date,
        'cell_therapy' as event_type,
        target as event_code,
        cast(null as double) as value,
        cast(null as {{ dbt.type_string() }}) as unit
    from cell_therapies
    union all
    {{ event_rows('infusion_days', 'cell_therapy', ['ide_cel', 'cilta_cel', 'apheresis', 'lymphodepletion']) }}
    union all
    select
        person_id,
        transplant_date as event_date,
        transplant_date as end_date,
        'transplant' as event_type,
        kind as event_code,
        cast(null as double) as value,
        cast(null as {{ dbt.type_string() }}) as unit
    from transplants
    union all
    {{ event_rows('line_days', 'line', ['line_start'], value='line_number') }}
    union all
    {{ event_rows('line_days', 'line', ['t_cell_engaging', 'bispecific', 'bcma_adc', 'selinexor']) }}
    union all
    {{ event_rows('salvage_days', 'line', ['first_after_progression', 'second_after_progression']) }}

)

select * from treatment_events
