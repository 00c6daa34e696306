-- One row per person and line of therapy with a CAR-T infusion: its infusions, its progression, the lines after it
-- and what came of it.
-- Definition: infusion_date is the first infusion of the line; the progression of a line with a re-infusion is the
-- first after the last one (specification studies D3.1), else the one of the progressions mart. The next line is the
-- first salvage. first_therapy is the group of the next line, or hospice when palliative care was recorded after the
-- progression and no line followed (Table 3 of progression_patterns). course is exclusive and exhaustive, so that a
-- flow chart closes (supplemental Figure 1 of salvage_after_cart).
-- Limits: palliative care that nobody coded reads as died or lost; a next line begun without a documented progression
-- is a course of its own.

with cell_therapies as (select * from {{ ref('cell_therapies') }}),
progressions as (select * from {{ ref('progressions') }}),
progression_dates as (select * from {{ ref('int_progression_dates') }}),
patients as (select * from {{ ref('patients') }}),

lines_of_therapy as (

    select
        person_id,
        line_number,
        line_index_date,
        is_cell_therapy,
        lead(line_index_date) over next_lines as next_line_date,
        lead(therapy_group_salvage) over next_lines as therapy_group_salvage,
        lead(therapy_group_progression) over next_lines as therapy_group_progression,
        lead(line_index_date, 2) over next_lines as second_line_date
    from {{ ref('lines_of_therapy') }}
    window next_lines as (partition by person_id order by line_number)

),

palliative_care as (

    select * from {{ ref('int_coded_events') }}
    where concept_set_id = 'palliative_care'

),

infused_lines as (

    select
        lines_of_therapy.person_id,
        lines_of_therapy.line_number,
        cell_therapies.product,
        cell_therapies.target,
        cell_therapies.infusion_date,
        lines_of_therapy.next_line_date,
        lines_of_therapy.therapy_group_salvage,
        lines_of_therapy.therapy_group_progression,
        lines_of_therapy.second_line_date,
        patients.death_date
    from lines_of_therapy
    inner join cell_therapies
        on
            lines_of_therapy.person_id = cell_therapies.person_id
            and lines_of_therapy.line_index_date = cell_therapies.infusion_date
    inner join patients on lines_of_therapy.person_id = patients.person_id
    where lines_of_therapy.is_cell_therapy

),

last_reinfusions as (

    select
        person_id,
        line_number,
        max(infusion_date) as last_infusion_date
    from cell_therapies
    where is_reinfusion
    group by 1, 2

),

infused_lines_to_progression as (

    select
        infused_lines.person_id,
        infused_lines.line_number,
        case
            when last_reinfusions.person_id is null then min(progressions.progression_date)
            else min(progression_dates.progression_date)
        end as progression_date
    from infused_lines
    left join last_reinfusions
        on
            infused_lines.person_id = last_reinfusions.person_id
            and infused_lines.line_number = last_reinfusions.line_number
    left join progressions
        on infused_lines.person_id = progressions.person_id and infused_lines.line_number = progressions.line_number
    left join progression_dates
        on
            last_reinfusions.person_id = progression_dates.person_id
            and last_reinfusions.last_infusion_date < progression_dates.progression_date
            and (
                infused_lines.next_line_date is null
                or infused_lines.next_line_date >= progression_dates.progression_date
            )
    group by infused_lines.person_id, infused_lines.line_number, last_reinfusions.person_id

),

first_palliative_care as (

    select
        progressed.person_id,
        progressed.line_number,
        min(palliative_care.start_date) as palliative_date
    from infused_lines_to_progression as progressed
    inner join palliative_care
        on
            progressed.person_id = palliative_care.person_id
            and progressed.progression_date <= palliative_care.start_date
    group by 1, 2

),

infusion_courses as (

    select
        infused_lines.*,
        progressed.progression_date,
        case
            when progressed.progression_date is null and infused_lines.next_line_date is not null
                then 'next_line_without_progression'
            when progressed.progression_date is null and infused_lines.death_date is not null
                then 'died_without_progression'
            when progressed.progression_date is null then 'no_progression'
            when infused_lines.next_line_date is not null then 'treated_after_progression'
            when first_palliative_care.palliative_date is not null then 'palliative_care_only'
            when infused_lines.death_date is not null then 'died_after_progression'
            else 'lost_after_progression'
        end as course,
        case
            when progressed.progression_date is null then null
            when infused_lines.next_line_date is not null then infused_lines.therapy_group_progression
            when first_palliative_care.palliative_date is not null then 'hospice'
        end as first_therapy
    from infused_lines
    inner join infused_lines_to_progression as progressed
        on infused_lines.person_id = progressed.person_id and infused_lines.line_number = progressed.line_number
    left join first_palliative_care
        on
            infused_lines.person_id = first_palliative_care.person_id
            and infused_lines.line_number = first_palliative_care.line_number

)

select * from infusion_courses
