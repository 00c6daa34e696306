-- One row per study, cohort, member and line of therapy that began on or after index.
-- Definition: a line begins on its index date, so that one of CAR-T counts from the infusion. best_response is what the
-- treating physician charted, else the best confirmed one (specification studies D3.5), and NULL where nothing could be
-- assessed: such a line is treated, not evaluable. is_t_cell_engaging says CAR-T or bispecific antibody, whatever the
-- target.

with members as (select * from {{ ref('cohort_members') }}),
lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),
line_responses as (select * from {{ ref('line_responses') }}),

study_lines as (

    select
        members.study_id,
        members.cohort_id,
        members.person_id,
        cast(
            row_number() over (
                partition by members.study_id, members.cohort_id, members.person_id
                order by lines_of_therapy.line_number
            ) as integer
        ) as ordinal_after_index,
        lines_of_therapy.line_number,
        cast({{ days_between('members.index_date', 'lines_of_therapy.line_index_date') }} as integer) as start_day,
        cast({{ days_between('members.index_date', 'lines_of_therapy.line_end_date') }} as integer) as end_day,
        lines_of_therapy.regimen_name,
        lines_of_therapy.therapy_group_salvage,
        lines_of_therapy.therapy_group_progression,
        lines_of_therapy.has_bcma_car_t
        or lines_of_therapy.has_other_car_t
        or lines_of_therapy.has_bcma_bispecific
        or lines_of_therapy.has_gprc5d_bispecific
        or lines_of_therapy.has_other_bispecific as is_t_cell_engaging,
        coalesce(
            line_responses.charted_best_response,
            case when line_responses.is_evaluable then line_responses.best_response end
        ) as best_response,
        line_responses.charted_best_response is not null or coalesce(line_responses.is_evaluable, false) as is_evaluable
    from members
    inner join lines_of_therapy
        on
            members.person_id = lines_of_therapy.person_id
            and members.index_date <= lines_of_therapy.line_index_date
    left join line_responses
        on
            lines_of_therapy.person_id = line_responses.person_id
            and lines_of_therapy.line_number = line_responses.line_number

)

select * from study_lines
