-- One row per person, line and phase of it that an infusion of CAR-T makes, with the days it lasted.
-- Definition: algorithms 2.5. BRIDGING from its first dose to lymphodepletion, LD to the day before the infusion, CART
-- the day itself, POST_CART what is given after it in the line.
-- Limits: where nothing bridged, the line begins with the infusion and its LD lies in the last days of the one before.

with lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),
cell_therapies as (select * from {{ ref('cell_therapies') }}),

exposures as (

    select * from {{ ref('drug_exposures') }}
    where role = 'core'

),

followed as (

    select distinct
        lines_of_therapy.person_id,
        lines_of_therapy.line_number,
        lines_of_therapy.infusion_date,
        lines_of_therapy.line_end_date
    from lines_of_therapy
    inner join exposures
        on
            lines_of_therapy.person_id = exposures.person_id
            and lines_of_therapy.line_number = exposures.line_number
            and lines_of_therapy.infusion_date < exposures.start_date

),

infusion_phases as (

    select
        person_id,
        line_number,
        'BRIDGING' as phase,
        bridging_start_date as phase_start_date,
        coalesce(lymphodepletion_start_date, infusion_date) - 1 as phase_end_date
    from cell_therapies
    where bridging_start_date is not null and line_number is not null and not coalesce(is_reinfusion, false)
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
    from followed
    where line_end_date > infusion_date

)

select * from infusion_phases
