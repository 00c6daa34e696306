-- One row per person, line and phase of it, with the days it lasted.
-- Definition: algorithms 2.5. INDUCTION from the start; ASCT each transplant; after it CONSOLIDATION until the drugs
-- of the next 60 days are at most two and all of the maintenance set, MAINTENANCE from then on. Without a transplant,
-- MAINTENANCE is 60 days or more on at most two drugs of a larger regimen after 90 days of fuller therapy. BRIDGING,
-- LD, CART and POST_CART in a line of CAR-T. A phase is never a line of its own.
-- Limits: what was planned is not recorded; a phase is read from what was given.

with lines_of_therapy as (

    select * from {{ ref('lines_of_therapy') }}

),

exposures as (

    select
        exposures.*,
        drug_classes.is_maintenance
    from {{ ref('drug_exposures') }} as exposures
    inner join {{ ref('drug_classes') }} as drug_classes on exposures.ingredient = drug_classes.ingredient
    where exposures.role = 'core' and exposures.line_number is not null

),

transplants as (

    select * from {{ ref('transplants') }}

),

cell_therapies as (

    select * from {{ ref('cell_therapies') }}

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

regimens as (

    select
        person_id,
        line_number,
        count(distinct ingredient) as drug_count
    from exposures
    group by 1, 2

),

looked_ahead as (

    select
        exposures.person_id,
        exposures.line_number,
        exposures.start_date,
        count(distinct case
            when
                {{ days_between('exposures.start_date', 'later.start_date') }}
                < {{ parameter('lines_of_therapy', 'maintenance_horizon_days') }}
                then later.ingredient
        end) as next_drug_count,
        count(distinct later.ingredient) as remaining_drug_count,
        bool_or(
            not later.is_maintenance
            and {{ days_between('exposures.start_date', 'later.start_date') }}
            < {{ parameter('lines_of_therapy', 'maintenance_horizon_days') }}
        ) as is_more_than_maintenance
    from (
        select distinct
            person_id,
            line_number,
            start_date
        from exposures
    ) as exposures
    inner join exposures as later
        on
            exposures.person_id = later.person_id
            and exposures.line_number = later.line_number
            and exposures.start_date <= later.start_date
    group by 1, 2, 3

),

maintained as (

    select
        looked_ahead.person_id,
        looked_ahead.line_number,
        min(looked_ahead.start_date) as maintenance_date
    from looked_ahead
    inner join lines_of_therapy
        on
            looked_ahead.person_id = lines_of_therapy.person_id
            and looked_ahead.line_number = lines_of_therapy.line_number
    inner join regimens
        on looked_ahead.person_id = regimens.person_id and looked_ahead.line_number = regimens.line_number
    left join transplanted
        on looked_ahead.person_id = transplanted.person_id and looked_ahead.line_number = transplanted.line_number
    where
        (
            looked_ahead.start_date > transplanted.last_transplant_date
            and looked_ahead.next_drug_count <= {{ parameter('lines_of_therapy', 'maintenance_largest_drug_count') }}
            and not looked_ahead.is_more_than_maintenance
        )
        or (
            transplanted.person_id is null
            and looked_ahead.remaining_drug_count
            <= {{ parameter('lines_of_therapy', 'maintenance_largest_drug_count') }}
            and looked_ahead.remaining_drug_count < regimens.drug_count
            and {{ days_between('lines_of_therapy.line_start_date', 'looked_ahead.start_date') }}
            >= {{ parameter('lines_of_therapy', 'maintenance_after_days') }}
            and {{ days_between('looked_ahead.start_date', 'lines_of_therapy.line_end_date') }}
            >= {{ parameter('lines_of_therapy', 'maintenance_horizon_days') }}
        )
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
    select
        person_id,
        line_number,
        'BRIDGING' as phase,
        bridging_start_date as phase_start_date,
        coalesce(lymphodepletion_start_date, infusion_date) - 1 as phase_end_date
    from cell_therapies
    where bridging_start_date is not null and line_number is not null and not is_reinfusion
    union all
    select
        person_id,
        line_number,
        'LD' as phase,
        lymphodepletion_start_date as phase_start_date,
        infusion_date - 1 as phase_end_date
    from cell_therapies
    where lymphodepletion_start_date is not null and line_number is not null
    union all
    select
        person_id,
        line_number,
        'CART' as phase,
        infusion_date as phase_start_date,
        infusion_date as phase_end_date
    from cell_therapies
    where line_number is not null
    union all
    select
        person_id,
        line_number,
        'POST_CART' as phase,
        infusion_date + 1 as phase_start_date,
        line_end_date as phase_end_date
    from lines_of_therapy
    where start_reason = 'CART' and drugs is not null and line_end_date > infusion_date

)

select * from phases
