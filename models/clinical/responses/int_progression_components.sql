-- One row per patient and progression: where the disease showed, each component true, false or NULL (not assessed).
-- Definition: what was found from pattern_window (30) days before to as many after the progression (algorithms 5.4):
-- biochemical by the rise of a marker, marrow from 5 % (clonal) plasma cells, new bone lesion, extramedullary (soft
-- tissue apart from bone, or its code) and paramedullary disease on imaging.
-- Limits: a code can show extramedullary disease, its absence cannot.

with progressions as (select * from {{ ref('int_line_progressions') }}),
point_responses as (select * from {{ ref('int_overall_responses') }}),
markers as (select * from {{ ref('int_disease_markers') }}),

coded_lesions as (

    select distinct
        person_id,
        start_date
    from {{ ref('int_coded_events') }}
    where concept_set_id = 'extramedullary_plasmacytoma'

),

biochemical as (

    select
        progressions.person_id,
        progressions.line_number,
        bool_or(point_responses.risen_marker_count > 0) as is_biochemical
    from progressions
    inner join point_responses
        on
            progressions.person_id = point_responses.person_id
            and progressions.line_number = point_responses.line_number
            and abs({{ days_between('progressions.progression_date', 'point_responses.assessed_date') }})
            <= {{ parameter('progressions', 'pattern_window') }}
    where point_responses.has_lab
    group by 1, 2

),

shown as (

    select
        progressions.person_id,
        progressions.line_number,
        coalesce(
            bool_or(markers.marrow >= {{ parameter('responses', 'complete_marrow_below') }}),
            false
        )
        or coalesce(bool_or(markers.has_clonal_cells), false) as has_marrow,
        count(markers.marrow) + count(markers.has_clonal_cells) as marrow_count,
        bool_or(markers.has_new_bone_lesion) as is_new_bone,
        bool_or(markers.has_extramedullary) as is_extramedullary,
        bool_or(markers.has_paramedullary) as is_paramedullary
    from progressions
    inner join markers
        on
            progressions.person_id = markers.person_id
            and abs({{ days_between('progressions.progression_date', 'markers.marker_date') }})
            <= {{ parameter('progressions', 'pattern_window') }}
    group by 1, 2

),

coded as (

    select distinct
        progressions.person_id,
        progressions.line_number
    from progressions
    inner join coded_lesions
        on
            progressions.person_id = coded_lesions.person_id
            and abs({{ days_between('progressions.progression_date', 'coded_lesions.start_date') }})
            <= {{ parameter('progressions', 'pattern_window') }}

),

components as (

    select
        progressions.*,
        biochemical.is_biochemical,
        case when shown.marrow_count > 0 then shown.has_marrow end as is_marrow,
        shown.is_new_bone,
        case when coded.person_id is not null then true else shown.is_extramedullary end as is_extramedullary,
        shown.is_paramedullary
    from progressions
    left join biochemical
        on progressions.person_id = biochemical.person_id and progressions.line_number = biochemical.line_number
    left join shown on progressions.person_id = shown.person_id and progressions.line_number = shown.line_number
    left join coded on progressions.person_id = coded.person_id and progressions.line_number = coded.line_number

)

select * from components
