-- One row per person, characteristic of autologous transplants and day from which its value holds.
-- Definition: none until the day after the first; within a year of the last; then more than a year (definitions 4).
-- transplant_line_number: the line of the first transplant, known on its day.

with patients as (

    select
        person_id,
        make_date(coalesce(year_of_birth, 1900), 1, 1) as first_date
    from {{ ref('int_myeloma_patients') }}

),

transplants as (select * from {{ ref('transplants') }}),

autologous as (

    select
        person_id,
        transplant_date,
        lead(transplant_date) over (partition by person_id order by transplant_date) as next_date
    from transplants
    where kind = 'autologous'

),

recencies as (

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
    from autologous
    union all
    select
        person_id,
        'more than 1 year' as value_text,
        transplant_date + cast({{ parameter('courses', 'recent_transplant_days') }} as integer) + 1 as valid_from_date
    from autologous
    where
        next_date is null
        or next_date > transplant_date + cast({{ parameter('courses', 'recent_transplant_days') }} as integer)

),

transplant_characteristics as (

    select
        person_id,
        'autologous_transplant_recency' as name,
        cast(null as double) as value_number,
        value_text,
        valid_from_date
    from recencies
    union all
    select
        person_id,
        'has_had_autologous_transplant' as name,
        cast(case value_text when 'none' then 0 else 1 end as double) as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        valid_from_date
    from recencies
    union all
    select
        person_id,
        'transplant_line_number' as name,
        cast(min(line_number) as double) as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        min(transplant_date) as valid_from_date
    from transplants
    where kind = 'autologous'
    group by 1

)

select * from transplant_characteristics
