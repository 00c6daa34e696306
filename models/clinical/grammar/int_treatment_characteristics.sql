{{ config(materialized='ephemeral') }}
-- One row per person, treatment characteristic and the day from which its value holds.
-- Definition: what happened on a day holds from the next, so that the index day's own treatment never counts. A line
-- of CAR-T counts from its infusion on, so that bridging is no prior line (algorithms 2.5).

with patients as (

    select
        person_id,
        make_date(coalesce(year_of_birth, 1900), 1, 1) as first_date
    from {{ ref('int_myeloma_patients') }}

),

lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),
transplants as (select * from {{ ref('transplants') }}),
cell_therapies as (select * from {{ ref('cell_therapies') }}),
exposed as (select * from {{ ref('int_exposure_characteristics') }}),
transplanted as (select * from {{ ref('int_transplant_characteristics') }}),

counts as (

    select
        person_id,
        'prior_line_count' as name,
        line_number as value_number,
        line_index_date + 1 as valid_from_date
    from lines_of_therapy
    union all
    select
        person_id,
        'prior_transplant_count' as name,
        row_number() over (partition by person_id order by transplant_date, kind) as value_number,
        transplant_date + 1 as valid_from_date
    from transplants
    union all
    select
        person_id,
        'prior_cell_therapy_count' as name,
        row_number() over (partition by person_id order by infusion_date) as value_number,
        infusion_date + 1 as valid_from_date
    from cell_therapies
    union all
    select
        patients.person_id,
        zeros.name,
        0 as value_number,
        patients.first_date as valid_from_date
    from patients
    cross join (
        values ('prior_line_count'), ('prior_transplant_count'), ('prior_cell_therapy_count')
    ) as zeros (name)

),

everything as (

    select * from counts
    union all
    select * from exposed

),

treatment_characteristics as (

    select
        person_id,
        name,
        cast(value_number as double) as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        valid_from_date
    from everything
    union all
    select
        person_id,
        name,
        value_number,
        value_text,
        valid_from_date
    from transplanted

)

select * from treatment_characteristics
