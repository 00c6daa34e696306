{{ config(materialized='ephemeral') }}
-- One row per person, characteristic of the treatment before a day, and day from which its value holds.
-- Definition: what happened on a day holds from the next, so that the index day's own treatment never counts. A line of
-- CAR-T counts from its infusion on, so that bridging is no prior line (specification lines 2.5); their group is told
-- by few_lines_from and few_lines_to (specification studies D2: 2 to 4 prior regimens). Exposure to a drug, a class or
-- a combination is 0 from birth and 1 from the day after the first dose (specification refractoriness 3.1, Rajkumar
-- 2011). The recency of autologous transplants is none until the day after the first; within a year of the last; then
-- more than a year (specification studies D4). transplant_line_number, the line of the first one, is known on its day.

with patients as (

    select
        person_id,
        make_date(coalesce(year_of_birth, 1900), 1, 1) as birth_date,
        0 as no_treatment
    from {{ ref('int_myeloma_patients') }}

),

lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),

limits as (

    select
        cast({{ parameter('courses', 'few_lines_from') }} as integer) as few_lines_from,
        cast({{ parameter('courses', 'few_lines_to') }} as integer) as few_lines_to

),

line_counts as (

    select
        person_id,
        0 as prior_line_count,
        birth_date as valid_from_date
    from patients
    union all
    select
        person_id,
        line_number as prior_line_count,
        line_index_date + 1 as valid_from_date
    from lines_of_therapy

),

line_groups as (

    select
        line_counts.person_id,
        case
            when line_counts.prior_line_count < limits.few_lines_from
                then 'fewer than ' || cast(limits.few_lines_from as {{ dbt.type_string() }})
            when line_counts.prior_line_count <= limits.few_lines_to
                then
                    cast(limits.few_lines_from as {{ dbt.type_string() }})
                    || ' to '
                    || cast(limits.few_lines_to as {{ dbt.type_string() }})
            else 'more than ' || cast(limits.few_lines_to as {{ dbt.type_string() }})
        end as prior_line_group,
        line_counts.valid_from_date
    from line_counts
    cross join limits

),

transplants as (select * from {{ ref('transplants') }}),
cell_therapies as (select * from {{ ref('cell_therapies') }}),
exposures as (select * from {{ ref('int_treatment_exposures') }}),

numbered_transplants as (

    select distinct
        person_id,
        transplant_date,
        count(*) over (partition by person_id order by transplant_date) as prior_transplant_count
    from transplants

),

numbered_infusions as (

    select
        person_id,
        infusion_date,
        row_number() over (partition by person_id order by infusion_date) as prior_cell_therapy_count
    from cell_therapies

),

autologous_transplants as (

    select
        person_id,
        transplant_date,
        line_number,
        lead(transplant_date) over (partition by person_id order by transplant_date) as next_date,
        transplant_date + cast({{ parameter('courses', 'recent_transplant_days') }} as integer) + 1 as year_over_date
    from transplants
    where kind = 'autologous'

),

first_autologous_transplants as (

    select
        person_id,
        min(line_number) as transplant_line_number,
        min(transplant_date) as transplant_date
    from autologous_transplants
    group by 1

),

recencies as (

    select
        person_id,
        'none' as autologous_transplant_recency,
        0 as has_had_autologous_transplant,
        birth_date as valid_from_date
    from patients
    union all
    select
        person_id,
        'within 1 year' as autologous_transplant_recency,
        1 as has_had_autologous_transplant,
        transplant_date + 1 as valid_from_date
    from autologous_transplants
    union all
    select
        person_id,
        'more than 1 year' as autologous_transplant_recency,
        1 as has_had_autologous_transplant,
        year_over_date as valid_from_date
    from autologous_transplants
    where next_date is null or next_date >= year_over_date

),

drug_names as (

    select ingredient as name from {{ ref('drug_classes') }}
    union
    select drug_class as name from {{ ref('drug_classes') }}
    union
    select name from {{ ref('int_class_combinations') }}
    union
    select names.name
    from (
        values
        ('bispecific'), ('combination_chemotherapy'), ('non_bcma_bispecific'), ('alkylating_agent'), ('imid_and_pi')
    ) as names (name)

),

exposure_states as (

    select
        patients.person_id,
        drug_names.name,
        0 as is_exposed,
        patients.birth_date as valid_from_date
    from patients
    cross join drug_names
    union all
    select
        person_id,
        name,
        1 as is_exposed,
        exposed_date + 1 as valid_from_date
    from exposures

),

treatment_characteristics as (

    {{ characteristic_rows(
        'patients',
        numbers={
            'prior_line_count': 'no_treatment',
            'prior_transplant_count': 'no_treatment',
            'prior_cell_therapy_count': 'no_treatment',
        },
        valid_from='birth_date',
    ) }}
    union all
    {{ characteristic_rows(
        'lines_of_therapy', numbers={'prior_line_count': 'line_number'}, valid_from='line_index_date + 1'
    ) }}
    union all
    {{ characteristic_rows('line_groups', texts=['prior_line_group']) }}
    union all
    {{ characteristic_rows(
        'numbered_transplants', numbers=['prior_transplant_count'], valid_from='transplant_date + 1'
    ) }}
    union all
    {{ characteristic_rows(
        'numbered_infusions', numbers=['prior_cell_therapy_count'], valid_from='infusion_date + 1'
    ) }}
    union all
    {{ characteristic_rows(
        'recencies', numbers=['has_had_autologous_transplant'], texts=['autologous_transplant_recency']
    ) }}
    union all
    {{ characteristic_rows(
        'first_autologous_transplants', numbers=['transplant_line_number'], valid_from='transplant_date'
    ) }}
    union all
    select
        person_id,
        case
            when name in ('triple_class', 'penta_drug') then 'is_' || name || '_exposed'
            else 'exposed_' || name
        end as name,
        cast(is_exposed as double) as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        valid_from_date
    from exposure_states

)

select * from treatment_characteristics
