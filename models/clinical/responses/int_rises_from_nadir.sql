-- One row per patient, line of therapy and disease assessment: which markers have risen as in a progression.
-- Definition: IMWG 2016 (algorithms 4.1): a rise from the nadir, the lowest of the baseline and all earlier values
-- of the line, by a share of it and by an absolute amount; from a nadir of 0 the absolute amount alone. Light
-- chains count where neither protein was measurable, marrow where light chains were not either. With
-- nadir_confirmed the published text is followed to the letter: a value is the nadir only once the next one was as
-- low (held: what two values in a row reached); marrow and plasmacytomas need no second look.
-- Limits: plasma cells in blood are not read.

with assessed as (

    select
        response_assessments.*,
        {{ first_known('serum', 'partition by person_id, line_number order by assessment_number desc rows between 1 following and unbounded following') }}
            as last_serum,
        {{ first_known('urine', 'partition by person_id, line_number order by assessment_number desc rows between 1 following and unbounded following') }}
            as last_urine,
        {{ first_known('flc', 'partition by person_id, line_number order by assessment_number desc rows between 1 following and unbounded following') }}
            as last_flc,
        {{ parameter('responses', 'nadir_confirmed') }} = 1 as needs_confirmation
    from {{ ref('int_response_assessments') }} as response_assessments

),

held as (

    select
        assessed.*,
        case
            when not needs_confirmation then serum
            when serum >= coalesce(last_serum, baseline_serum) then serum
            when serum < coalesce(last_serum, baseline_serum) then coalesce(last_serum, baseline_serum)
        end as held_serum,
        case
            when not needs_confirmation then urine
            when urine >= coalesce(last_urine, baseline_urine) then urine
            when urine < coalesce(last_urine, baseline_urine) then coalesce(last_urine, baseline_urine)
        end as held_urine,
        case
            when not needs_confirmation then flc
            when flc >= coalesce(last_flc, baseline_flc) then flc
            when flc < coalesce(last_flc, baseline_flc) then coalesce(last_flc, baseline_flc)
        end as held_flc
    from assessed

),

nadirs as (

    select
        held.*,
        least(baseline_serum, min(held_serum) over earlier) as serum_nadir,
        least(baseline_urine, min(held_urine) over earlier) as urine_nadir,
        least(baseline_flc, min(held_flc) over earlier) as flc_nadir,
        least(baseline_marrow, min(marrow) over earlier) as marrow_nadir,
        least(baseline_plasmacytoma, min(plasmacytoma) over earlier) as plasmacytoma_nadir
    from held
    window earlier as (
        partition by person_id, line_number order by assessment_number
        rows between unbounded preceding and 1 preceding
    )

),

rises_from_nadir as (

    select
        person_id,
        line_number,
        assessment_number,
        {{ has_risen(
            'serum', 'serum_nadir',
            'case when serum_nadir >= ' ~ parameter('responses', 'pd_serum_high_nadir') ~ ' then '
            ~ parameter('responses', 'pd_serum_high_rise') ~ ' else ' ~ parameter('responses', 'pd_serum_rise') ~ ' end',
            parameter('responses', 'pd_relative_rise')
        ) }} as is_serum_risen,
        {{ has_risen(
            'urine', 'urine_nadir', parameter('responses', 'pd_urine_rise'), parameter('responses', 'pd_relative_rise')
        ) }}
            as is_urine_risen,
        case
            when not is_serum_measurable and not is_urine_measurable
                then {{ has_risen(
                    'flc', 'flc_nadir', parameter('responses', 'pd_flc_rise'),
                    parameter('responses', 'pd_relative_rise'), strictly=true
                ) }}
        end as is_flc_risen,
        case
            when not is_serum_measurable and not is_urine_measurable and not is_flc_measurable
                then {{ has_risen(
                    'marrow', 'marrow_nadir', parameter('responses', 'pd_marrow_rise'),
                    parameter('responses', 'pd_relative_rise')
                ) }}
        end as is_marrow_risen,
        plasmacytoma_nadir > 0
        and plasmacytoma >= plasmacytoma_nadir * (1 + {{ parameter('responses', 'pd_plasmacytoma_rise') }})
            as is_plasmacytoma_risen
    from nadirs

)

select * from rises_from_nadir
