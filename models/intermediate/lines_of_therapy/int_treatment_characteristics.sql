{{ config(materialized='ephemeral') }}
-- One row per person, treatment characteristic and the day from which its value holds.
-- Definition: what happened on a day holds from the next, so that the index day's own treatment never counts. A line of
-- CAR-T counts from its infusion on, so that bridging is no prior line (algorithms 2.5). Exposure is 0 from birth
-- and 1 from the day after the first dose.

with patients as (

    select
        person_id,
        make_date(coalesce(year_of_birth, 1900), 1, 1) as first_date
    from {{ ref('int_patients_observed') }}

),

lines_of_therapy as (

    select * from {{ ref('lines_of_therapy') }}

),

transplants as (

    select * from {{ ref('transplants') }}

),

cell_therapies as (

    select * from {{ ref('cell_therapies') }}

),

exposures as (

    select * from {{ ref('int_treatment_exposures') }}

),

things as (

    select ingredient as name from {{ ref('drug_classes') }}
    union
    select drug_class as name from {{ ref('drug_classes') }}
    union
    select 'bispecific' as name
    union
    select 'combination_chemotherapy' as name
    union
    select 'non_bcma_bispecific' as name
    union
    select 'alkylating_agent' as name
    union
    select 'imid_and_pi' as name
    union
    select name from {{ ref('class_combinations') }}

),

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
        select 'prior_line_count' as name
        union all
        select 'prior_transplant_count' as name
        union all
        select 'prior_cell_therapy_count' as name
    ) as zeros

),

transplant_lines as (

    select
        person_id,
        'transplant_line_number' as name,
        min(line_number) as value_number,
        min(transplant_date) as valid_from_date
    from transplants
    where kind = 'autologous'
    group by 1

),

exposed as (

    select
        person_id,
        case
            when name in ('triple_class', 'penta_drug') then 'is_' || name || '_exposed'
            else 'exposed_' || name
        end as name,
        1 as value_number,
        exposed_date + 1 as valid_from_date
    from exposures
    union all
    select
        patients.person_id,
        case
            when things.name in ('triple_class', 'penta_drug') then 'is_' || things.name || '_exposed'
            else 'exposed_' || things.name
        end as name,
        0 as value_number,
        patients.first_date as valid_from_date
    from patients
    cross join things

),

everything as (

    select * from counts
    union all
    select * from transplant_lines
    union all
    select * from exposed

),

-- none until the day after the first; within a year of the last; then more than a year (definitions 4)
transplant_recencies as (

    select
        person_id,
        'none' as value_text,
        first_date as valid_from_date
    from patients
    union all
    select
        person_id,
        'within 1 year' as value_text,
        transplant_date + 1 as valid_from_date
    from transplants
    where kind = 'autologous'
    union all
    select
        person_id,
        'more than 1 year' as value_text,
        transplant_date + cast({{ parameter('courses', 'recent_transplant_days') }} as integer) + 1 as valid_from_date
    from (
        select
            person_id,
            transplant_date,
            lead(transplant_date) over (partition by person_id order by transplant_date) as next_date
        from transplants
        where kind = 'autologous'
    ) as autologous
    where
        next_date is null
        or next_date > transplant_date + cast({{ parameter('courses', 'recent_transplant_days') }} as integer)

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
        'autologous_transplant_recency' as name,
        cast(null as double) as value_number,
        value_text,
        valid_from_date
    from transplant_recencies
    union all
    select
        person_id,
        'has_had_autologous_transplant' as name,
        case value_text when 'none' then 0.0 else 1.0 end as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        valid_from_date
    from transplant_recencies

)

select * from treatment_characteristics
