-- One row per patient, line of therapy and disease assessment after its index, beside the baseline.
-- Definition: the assessments from the day after the index to the day the next line starts; those of the time after it
-- (is_after_line) can confirm a progression and nothing else. Marrow and imaging of up to marrow_window days on either
-- side stand in where the assessment has none (specification responses 4.2); is_marrow_carried and
-- is_plasmacytoma_carried say so, as what stands in makes no progression.

with baselines as (select * from {{ ref('int_response_baselines') }}),
assessments as (select * from {{ ref('int_disease_assessments') }}),

nearby_facts as (

    select
        assessments.person_id,
        assessments.assessment_number,
        abs({{ days_between('assessments.assessed_date', 'others.assessed_date') }}) as days_apart,
        others.marrow,
        others.plasmacytoma,
        others.has_clonal_cells,
        others.has_extramedullary or others.has_paramedullary as has_soft_tissue
    from assessments
    inner join assessments as others
        on
            assessments.person_id = others.person_id
            and abs({{ days_between('assessments.assessed_date', 'others.assessed_date') }})
            <= {{ parameter('responses', 'marrow_window') }}
    where
        others.marrow is not null
        or others.plasmacytoma is not null
        or others.has_clonal_cells is not null
        or others.has_extramedullary is not null
        or others.has_paramedullary is not null

),

carried_markers as (

    select
        person_id,
        assessment_number,
        min_by(
            marrow,
            case when marrow is not null then days_apart * 1000 + marrow end
        ) as marrow,
        min_by(
            plasmacytoma,
            case when plasmacytoma is not null then days_apart * 100000 + plasmacytoma end
        ) as plasmacytoma,
        bool_or(has_clonal_cells) as has_clonal_cells,
        bool_or(has_soft_tissue) as has_soft_tissue
    from nearby_facts
    group by 1, 2

),

response_assessments as (

    select
        baselines.*,
        assessments.assessment_number,
        assessments.assessed_date,
        assessments.serum,
        assessments.urine,
        assessments.flc_difference as flc,
        assessments.is_ratio_normal,
        assessments.has_serum_band,
        assessments.has_urine_band,
        assessments.has_new_lesion,
        carried_markers.marrow,
        assessments.marrow is null and carried_markers.marrow is not null as is_marrow_carried,
        carried_markers.plasmacytoma,
        assessments.plasmacytoma is null and carried_markers.plasmacytoma is not null as is_plasmacytoma_carried,
        carried_markers.has_clonal_cells,
        carried_markers.has_soft_tissue,
        coalesce(assessments.assessed_date > baselines.next_line_start_date, false) as is_after_line
    from baselines
    inner join assessments
        on baselines.person_id = assessments.person_id and baselines.index_date < assessments.assessed_date
    left join carried_markers
        on
            assessments.person_id = carried_markers.person_id
            and assessments.assessment_number = carried_markers.assessment_number
    where
        baselines.next_line_start_date is null
        or assessments.assessed_date
        <= baselines.next_line_start_date + cast({{ parameter('responses', 'after_line_days') }} as integer)

)

select * from response_assessments
