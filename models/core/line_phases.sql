-- One row per person, line and phase of it, with the days it lasted.
-- Definition: algorithms 2.5. INDUCTION from the start; ASCT each transplant; after it CONSOLIDATION, and MAINTENANCE
-- from the day of int_maintenance_started; what an infusion of CAR-T makes is in int_infusion_phases. A phase is never
-- a line of its own.
-- Limits: what was planned is not recorded; a phase is read from what was given.

with lines_of_therapy as (

    select * from {{ ref('lines_of_therapy') }}

),

exposures as (

    select * from {{ ref('drug_exposures') }}
    where role = 'core' and line_number is not null

),

transplants as (

    select * from {{ ref('transplants') }}

),

infusion_phases as (

    select * from {{ ref('int_infusion_phases') }}

),

maintained as (

    select * from {{ ref('int_maintenance_started') }}

),

transplanted as (

    select
        person_id,
        line_number,
        min(transplant_date) as first_transplant_date,
        max(transplant_date) as last_transplant_date
    from transplants
    where kind = 'autologous'
    group by 1, 2

),

after_transplant as (

    select
        exposures.person_id,
        exposures.line_number,
        min(exposures.start_date) as first_date
    from exposures
    inner join transplanted
        on
            exposures.person_id = transplanted.person_id
            and exposures.line_number = transplanted.line_number
            and exposures.start_date > transplanted.last_transplant_date
    group by 1, 2

),

phases as (

    select
        lines_of_therapy.person_id,
        lines_of_therapy.line_number,
        'INDUCTION' as phase,
        lines_of_therapy.line_start_date as phase_start_date,
        least(
            lines_of_therapy.line_end_date,
            coalesce(
                transplanted.first_transplant_date - 1, maintained.maintenance_date - 1, lines_of_therapy.line_end_date
            )
        ) as phase_end_date
    from lines_of_therapy
    left join transplanted
        on
            lines_of_therapy.person_id = transplanted.person_id
            and lines_of_therapy.line_number = transplanted.line_number
    left join maintained
        on lines_of_therapy.person_id = maintained.person_id and lines_of_therapy.line_number = maintained.line_number
    where
        lines_of_therapy.drugs is not null
        and (lines_of_therapy.start_reason != 'CART')
        and lines_of_therapy.line_start_date
        < coalesce(transplanted.first_transplant_date, lines_of_therapy.line_end_date + 1)
    union all
    select
        person_id,
        line_number,
        'ASCT' as phase,
        transplant_date as phase_start_date,
        transplant_date as phase_end_date
    from transplants
    where kind = 'autologous' and line_number is not null
    union all
    select
        after_transplant.person_id,
        after_transplant.line_number,
        'CONSOLIDATION' as phase,
        after_transplant.first_date as phase_start_date,
        coalesce(maintained.maintenance_date - 1, lines_of_therapy.line_end_date) as phase_end_date
    from after_transplant
    inner join lines_of_therapy
        on
            after_transplant.person_id = lines_of_therapy.person_id
            and after_transplant.line_number = lines_of_therapy.line_number
    left join maintained
        on after_transplant.person_id = maintained.person_id and after_transplant.line_number = maintained.line_number
    where maintained.maintenance_date is null or maintained.maintenance_date > after_transplant.first_date
    union all
    select
        maintained.person_id,
        maintained.line_number,
        'MAINTENANCE' as phase,
        maintained.maintenance_date as phase_start_date,
        lines_of_therapy.line_end_date as phase_end_date
    from maintained
    inner join lines_of_therapy
        on maintained.person_id = lines_of_therapy.person_id and maintained.line_number = lines_of_therapy.line_number
    union all
    select * from infusion_phases

)

select * from phases
