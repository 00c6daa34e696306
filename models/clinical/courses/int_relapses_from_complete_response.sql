-- One row per patient and line of therapy with a relapse from complete response: the first day on which it was lost.
-- Definition: IMWG 2016 (specification endpoints 6: relapse_def = relapse_from_cr, for disease-free survival, never for
-- PFS): after the first complete response of the line and up to the next line, the M-protein is seen again in serum or
-- urine, by quantity or immunofixation, at two assessments in a row; or plasma cells are 5 % of marrow, a lesion is
-- new, or the disease progresses. The response is the derived one, after an infusion also the charted one.
-- Limits: an antibody in immunofixation counts as M-protein; calcium is not asked.

with complete_responses as (

    select
        person_id,
        line_number,
        min(complete_response_date) as complete_response_date
    from (
        select
            person_id,
            line_number,
            first_complete_response_date as complete_response_date
        from {{ ref('line_responses') }}
        where first_complete_response_date is not null
        union all
        select
            person_id,
            line_number,
            complete_response_date
        from {{ ref('int_infusion_responses') }}
        where complete_response_date is not null
    ) as response_dates
    group by 1, 2

),

assessments as (select * from {{ ref('int_response_assessments') }}),
progressions as (select * from {{ ref('int_line_progressions') }}),

later_assessments as (

    select
        assessments.person_id,
        assessments.line_number,
        assessments.assessment_number,
        assessments.assessed_date,
        assessments.is_after_line,
        case
            when serum > 0 or urine > 0 or has_serum_band or has_urine_band then true
            when serum is not null or urine is not null or has_serum_band is not null or has_urine_band is not null
                then false
        end as has_m_protein,
        coalesce(marrow >= {{ parameter('responses', 'complete_marrow_below') }}, false)
        or coalesce(has_new_lesion, false) as has_other_sign
    from assessments
    inner join complete_responses
        on
            assessments.person_id = complete_responses.person_id
            and assessments.line_number = complete_responses.line_number
            and assessments.assessed_date > complete_responses.complete_response_date

),

assessments_with_next as (

    select
        later_assessments.*,
        {{ first_known(
            'has_m_protein',
            'partition by person_id, line_number order by assessment_number rows between 1 following and unbounded following'
        ) }} as has_m_protein_next
    from later_assessments

),

losses as (

    select
        person_id,
        line_number,
        assessed_date as relapse_date
    from assessments_with_next
    where not is_after_line and (has_other_sign or (has_m_protein and has_m_protein_next))
    union all
    select
        progressions.person_id,
        progressions.line_number,
        progressions.progression_date as relapse_date
    from progressions
    inner join complete_responses
        on
            progressions.person_id = complete_responses.person_id
            and progressions.line_number = complete_responses.line_number
            and progressions.progression_date > complete_responses.complete_response_date

),

relapses as (

    select
        person_id,
        line_number,
        min(relapse_date) as relapse_date
    from losses
    group by 1, 2

)

select * from relapses
