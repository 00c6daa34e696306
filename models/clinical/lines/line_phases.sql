-- One row per person, line and phase of it, with the days it lasted.
-- Definition: algorithms 2.5. INDUCTION from the start to the transplant, maintenance or infusion; ASCT (or ALLO) each
-- transplant; after it CONSOLIDATION, and MAINTENANCE from the day of int_maintenance_started; what an infusion of
-- CAR-T makes is in int_infusion_phases. A line of CAR-T has no induction. A phase is never a line of its own.
-- Limits: what was planned is not recorded; a phase is read from what was given.

with lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),
transplants as (select * from {{ ref('transplants') }}),
infusion_phases as (select * from {{ ref('int_infusion_phases') }}),
transplanted as (select * from {{ ref('int_line_transplants') }}),
maintained as (select * from {{ ref('int_maintenance_started') }}),

phases as (

    select
        lines_of_therapy.person_id,
        lines_of_therapy.line_number,
        'INDUCTION' as phase,
        lines_of_therapy.line_start_date as phase_start_date,
        least(
            lines_of_therapy.line_end_date,
            coalesce(
                transplanted.first_transplant_date - 1,
                maintained.maintenance_date - 1,
                lines_of_therapy.infusion_date - 1,
                lines_of_therapy.line_end_date
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
        and (
            lines_of_therapy.infusion_date is null
            or lines_of_therapy.line_index_date < lines_of_therapy.infusion_date
        )
        and lines_of_therapy.line_start_date
        < coalesce(transplanted.first_transplant_date, lines_of_therapy.line_end_date + 1)
    union all
    select
        person_id,
        line_number,
        case kind when 'autologous' then 'ASCT' else 'ALLO' end as phase,
        transplant_date as phase_start_date,
        transplant_date as phase_end_date
    from transplants
    where line_number is not null
    union all
    select
        transplanted.person_id,
        transplanted.line_number,
        'CONSOLIDATION' as phase,
        transplanted.next_drug_date as phase_start_date,
        coalesce(maintained.maintenance_date - 1, lines_of_therapy.line_end_date) as phase_end_date
    from transplanted
    inner join lines_of_therapy
        on
            transplanted.person_id = lines_of_therapy.person_id
            and transplanted.line_number = lines_of_therapy.line_number
    left join maintained
        on transplanted.person_id = maintained.person_id and transplanted.line_number = maintained.line_number
    where transplanted.next_drug_date < coalesce(maintained.maintenance_date, transplanted.next_drug_date + 1)
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
