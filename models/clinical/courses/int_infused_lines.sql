-- One row per person and line of therapy with a CAR-T infusion: its infusions, its progression, and the lines after
-- it.
-- Definition: infusion_date is the first infusion of the line, last_infusion_date the last: the progression of a
-- line with a re-infusion is the first after that (002:17), else the one of the progressions mart. The next line is
-- the first salvage.

with cell_therapies as (select * from {{ ref('cell_therapies') }}),

lines_of_therapy as (

    select
        person_id,
        line_number,
        line_index_date,
        therapy_group_salvage,
        therapy_group_progression,
        is_cell_therapy,
        has_bcma_car_t
        or has_other_car_t
        or has_bcma_bispecific
        or has_gprc5d_bispecific
        or has_other_bispecific as is_t_cell_engaging
    from {{ ref('lines_of_therapy') }}

),

progressions as (select * from {{ ref('progressions') }}),
patients as (select * from {{ ref('patients') }}),

reinfusions as (

    select
        cell_therapies.person_id,
        cell_therapies.line_number,
        cell_therapies.last_infusion_date,
        min(dates.progression_date) as progression_date
    from (
        select
            person_id,
            line_number,
            max(infusion_date) as last_infusion_date
        from cell_therapies
        where is_reinfusion
        group by 1, 2
    ) as cell_therapies
    left join lines_of_therapy as next_lines
        on
            cell_therapies.person_id = next_lines.person_id
            and cell_therapies.line_number + 1 = next_lines.line_number
    left join {{ ref('int_progression_dates') }} as dates
        on
            cell_therapies.person_id = dates.person_id
            and cell_therapies.last_infusion_date < dates.progression_date
            and (next_lines.line_index_date is null or next_lines.line_index_date >= dates.progression_date)
    group by 1, 2, 3

),

infused_lines as (

    select
        lines_of_therapy.person_id,
        lines_of_therapy.line_number,
        cell_therapies.product,
        cell_therapies.target,
        next_lines.therapy_group_salvage,
        next_lines.therapy_group_progression,
        next_lines.is_t_cell_engaging,
        cell_therapies.infusion_date,
        reinfusions.last_infusion_date,
        case
            when reinfusions.person_id is null then progressions.progression_date else reinfusions.progression_date
        end as progression_date,
        next_lines.line_index_date as next_line_date,
        second_lines.line_index_date as second_line_date,
        patients.death_date
    from lines_of_therapy
    inner join cell_therapies
        on
            lines_of_therapy.person_id = cell_therapies.person_id
            and lines_of_therapy.line_index_date = cell_therapies.infusion_date
    inner join patients on lines_of_therapy.person_id = patients.person_id
    left join reinfusions
        on
            lines_of_therapy.person_id = reinfusions.person_id
            and lines_of_therapy.line_number = reinfusions.line_number
    left join progressions
        on
            lines_of_therapy.person_id = progressions.person_id
            and lines_of_therapy.line_number = progressions.line_number
    left join lines_of_therapy as next_lines
        on
            lines_of_therapy.person_id = next_lines.person_id
            and lines_of_therapy.line_number + 1 = next_lines.line_number
    left join lines_of_therapy as second_lines
        on
            lines_of_therapy.person_id = second_lines.person_id
            and lines_of_therapy.line_number + 2 = second_lines.line_number
    where lines_of_therapy.is_cell_therapy

)

select * from infused_lines
