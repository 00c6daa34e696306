-- One row per person, line and phase of it, with the days it lasted.
-- Definition: specification lines 2.5. INDUCTION from the start to the transplant, maintenance or infusion; ASCT (or
-- ALLO) each transplant; after the last CONSOLIDATION, from the first drug on, and MAINTENANCE from the day of
-- int_maintenance_started. Of an infusion: BRIDGING from its first dose to lymphodepletion, LD to the day before the
-- infusion, CART the day itself, POST_CART what is given after it in the line. A line of CAR-T has no induction. A
-- phase is never a line of its own.
-- Limits: what was planned is not recorded; a phase is read from what was given. Where nothing bridged, the line begins
-- with the infusion and its LD lies in the last days of the one before.

with lines as (select * from {{ ref('lines_of_therapy') }}),
doses as (select * from {{ ref('drug_exposures') }} where role = 'core'),
transplants as (select * from {{ ref('transplants') }} where line_number is not null),
cell_therapies as (select * from {{ ref('cell_therapies') }} where line_number is not null),
maintenance as (select * from {{ ref('int_maintenance_started') }}),

line_transplants as (

    select
        person_id,
        line_number,
        min(transplant_date) as first_transplant_date,
        max(transplant_date) as last_transplant_date
    from transplants
    group by 1, 2

),

line_turns as (

    select
        lines.person_id,
        lines.line_number,
        lines.line_start_date,
        lines.line_index_date,
        lines.line_end_date,
        lines.infusion_date,
        lines.drugs,
        line_transplants.first_transplant_date,
        maintenance.maintenance_date,
        min(case when doses.start_date > line_transplants.last_transplant_date then doses.start_date end)
            as consolidation_date,
        coalesce(bool_or(doses.start_date > lines.infusion_date), false) as is_followed
    from lines
    left join line_transplants
        on lines.person_id = line_transplants.person_id and lines.line_number = line_transplants.line_number
    left join maintenance
        on lines.person_id = maintenance.person_id and lines.line_number = maintenance.line_number
    left join doses on lines.person_id = doses.person_id and lines.line_number = doses.line_number
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9

),

phases as (

    select
        person_id,
        line_number,
        'INDUCTION' as phase,
        line_start_date as phase_start_date,
        least(
            line_end_date,
            coalesce(first_transplant_date - 1, maintenance_date - 1, infusion_date - 1, line_end_date)
        ) as phase_end_date
    from line_turns
    where
        drugs is not null
        and (infusion_date is null or line_index_date < infusion_date)
        and line_start_date < coalesce(first_transplant_date, line_end_date + 1)
    union all
    select
        person_id,
        line_number,
        case kind when 'autologous' then 'ASCT' else 'ALLO' end as phase,
        transplant_date as phase_start_date,
        transplant_date as phase_end_date
    from transplants
    union all
    select
        person_id,
        line_number,
        'CONSOLIDATION' as phase,
        consolidation_date as phase_start_date,
        coalesce(maintenance_date - 1, line_end_date) as phase_end_date
    from line_turns
    where consolidation_date < coalesce(maintenance_date, consolidation_date + 1)
    union all
    select
        person_id,
        line_number,
        'MAINTENANCE' as phase,
        maintenance_date as phase_start_date,
        line_end_date as phase_end_date
    from line_turns
    where maintenance_date is not null
    union all
    select
        person_id,
        line_number,
        'BRIDGING' as phase,
        bridging_start_date as phase_start_date,
        coalesce(lymphodepletion_start_date, infusion_date) - 1 as phase_end_date
    from cell_therapies
    where bridging_start_date is not null and not coalesce(is_reinfusion, false)
    union all
    select
        person_id,
        line_number,
        'LD' as phase,
        lymphodepletion_start_date as phase_start_date,
        infusion_date - 1 as phase_end_date
    from cell_therapies
    where lymphodepletion_start_date is not null
    union all
    select
        person_id,
        line_number,
        'CART' as phase,
        infusion_date as phase_start_date,
        infusion_date as phase_end_date
    from cell_therapies
    union all
    select
        person_id,
        line_number,
        'POST_CART' as phase,
        infusion_date + 1 as phase_start_date,
        line_end_date as phase_end_date
    from line_turns
    where is_followed and line_end_date > infusion_date

)

select * from phases
