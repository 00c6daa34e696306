{{ config(materialized='ephemeral') }}
-- One row per event of the course after a CAR-T infusion, and of the way to it.
-- Definition: the names that studies/known_events lists. T0 of a relapse study is after_bcma_infusion: the progression
-- of the line of an infusion against BCMA (002:17); first_after_progression is the first dose of the line after it.
-- A T-cell-engaging line is one with CAR-T or a bispecific antibody. An imputed apheresis is no event.

with infusions as (select * from {{ ref('int_infusions_followed') }}),
responses as (select * from {{ ref('int_infusion_responses') }}),
cell_therapies as (select * from {{ ref('cell_therapies') }}),
lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),

course_events as (

    select
        person_id,
        progression_date as event_date,
        'progression' as event_type,
        'after_bcma_infusion' as event_code
    from infusions
    where target = 'bcma' and progression_date is not null
    union
    select
        person_id,
        next_line_date as event_date,
        'line' as event_type,
        'first_after_progression' as event_code
    from infusions
    where progression_date is not null and next_line_date is not null
    union
    select
        person_id,
        second_line_date as event_date,
        'line' as event_type,
        'second_after_progression' as event_code
    from infusions
    where progression_date is not null and second_line_date is not null
    union
    select
        person_id,
        line_index_date as event_date,
        'line' as event_type,
        't_cell_engaging' as event_code
    from lines_of_therapy
    where
        has_bcma_car_t or has_other_car_t or has_bcma_bispecific or has_gprc5d_bispecific or has_other_bispecific
    union
    select
        person_id,
        complete_response_date as event_date,
        'response' as event_type,
        'cr_or_better_after_infusion' as event_code
    from responses
    where is_infusion and complete_response_date is not null
    union
    select
        person_id,
        response_date as event_date,
        'response' as event_type,
        'pr_or_better_first_after_progression' as event_code
    from responses
    where not is_infusion and response_date is not null
    union
    select
        person_id,
        infusion_date as event_date,
        'cell_therapy' as event_type,
        product as event_code
    from cell_therapies
    where product in ('ide_cel', 'cilta_cel')
    union
    select
        person_id,
        apheresis_date as event_date,
        'cell_therapy' as event_type,
        'apheresis' as event_code
    from cell_therapies
    where target = 'bcma' and apheresis_date is not null and not is_apheresis_imputed
    union
    select
        person_id,
        lymphodepletion_start_date as event_date,
        'cell_therapy' as event_type,
        'lymphodepletion' as event_code
    from cell_therapies
    where target = 'bcma' and lymphodepletion_start_date is not null

)

select
    person_id,
    event_date,
    event_date as end_date,
    event_type,
    event_code,
    cast(null as double) as value,
    cast(null as {{ dbt.type_string() }}) as unit
from course_events
