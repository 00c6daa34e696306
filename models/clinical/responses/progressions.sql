-- One row per patient and line of therapy that the disease progressed on: the first progression of the line, with what
-- it showed and what it means.
-- Definition: specification progression 5.1 and 5.4. Each component is true, false or NULL (not assessed) by what was
-- found from pattern_window (30) days before to as many after the progression: biochemical by the rise of a marker,
-- marrow from 5 % (clonal) plasma cells, new bone lesion, extramedullary (soft tissue apart from bone, or its code) and
-- paramedullary disease on imaging. A progression at most 60 days after an infusion is refractory, later relapsed.
-- Extramedullary and paramedullary disease are one component of isolation: isolated_component is the only true one of
-- four that are all assessed (strict); isolated_component_lenient the only true one, whatever was not assessed.
-- relapse_type goes extramedullary, bone (paramedullary with it), biochemical, other.
-- is_extramedullary_by_code: no imaging shows it, a code does.
-- Limits: a code can show extramedullary disease, its absence cannot.

with line_progressions as (select * from {{ ref('int_line_progressions') }}),
overall_responses as (select * from {{ ref('int_overall_responses') }}),
markers as (select * from {{ ref('int_disease_markers') }}),
events as (select * from {{ ref('int_coded_events') }} where concept_set_id = 'extramedullary_plasmacytoma'),

biochemical_findings as (

    select
        line_progressions.person_id,
        line_progressions.line_number,
        bool_or(overall_responses.risen_marker_count > 0) as is_biochemical
    from line_progressions
    inner join overall_responses
        on
            line_progressions.person_id = overall_responses.person_id
            and line_progressions.line_number = overall_responses.line_number
            and abs({{ days_between('line_progressions.progression_date', 'overall_responses.assessed_date') }})
            <= {{ parameter('progressions', 'pattern_window') }}
    where coalesce(overall_responses.serum, overall_responses.urine, overall_responses.flc) is not null
    group by 1, 2

),

marker_findings as (

    select
        line_progressions.person_id,
        line_progressions.line_number,
        case
            when count(markers.marrow) + count(markers.has_clonal_cells) > 0
                then
                    coalesce(bool_or(markers.marrow >= {{ parameter('responses', 'complete_marrow_below') }}), false)
                    or coalesce(bool_or(markers.has_clonal_cells), false)
        end as is_marrow,
        bool_or(markers.has_new_bone_lesion) as is_new_bone,
        bool_or(markers.has_extramedullary) as is_extramedullary,
        bool_or(markers.has_paramedullary) as is_paramedullary
    from line_progressions
    inner join markers
        on
            line_progressions.person_id = markers.person_id
            and abs({{ days_between('line_progressions.progression_date', 'markers.marker_date') }})
            <= {{ parameter('progressions', 'pattern_window') }}
    group by 1, 2

),

coded_findings as (

    select distinct
        line_progressions.person_id,
        line_progressions.line_number
    from line_progressions
    inner join events
        on
            line_progressions.person_id = events.person_id
            and abs({{ days_between('line_progressions.progression_date', 'events.start_date') }})
            <= {{ parameter('progressions', 'pattern_window') }}

),

components as (

    select
        line_progressions.*,
        biochemical_findings.is_biochemical,
        marker_findings.is_marrow,
        marker_findings.is_new_bone,
        case when coded_findings.person_id is not null then true else marker_findings.is_extramedullary end
            as is_extramedullary,
        marker_findings.is_paramedullary,
        coded_findings.person_id is not null and not coalesce(marker_findings.is_extramedullary, false)
            as is_extramedullary_by_code
    from line_progressions
    left join biochemical_findings
        on
            line_progressions.person_id = biochemical_findings.person_id
            and line_progressions.line_number = biochemical_findings.line_number
    left join marker_findings
        on
            line_progressions.person_id = marker_findings.person_id
            and line_progressions.line_number = marker_findings.line_number
    left join coded_findings
        on
            line_progressions.person_id = coded_findings.person_id
            and line_progressions.line_number = coded_findings.line_number

),

components_with_soft_tissue as (

    select
        components.*,
        case
            when is_extramedullary or is_paramedullary then true
            when not is_extramedullary and not is_paramedullary then false
        end as is_soft_tissue
    from components

),

counted_components as (

    select
        components_with_soft_tissue.*,
        case when is_biochemical then 1 else 0 end + case when is_marrow then 1 else 0 end
        + case when is_new_bone then 1 else 0 end + case when is_soft_tissue then 1 else 0 end as component_count,
        is_biochemical is not null and is_marrow is not null and is_new_bone is not null
        and is_extramedullary is not null and is_paramedullary is not null as is_fully_assessed,
        case
            when is_biochemical then 'biochemical'
            when is_marrow then 'marrow'
            when is_new_bone then 'new_bone'
            when is_soft_tissue then 'soft_tissue'
        end as first_component
    from components_with_soft_tissue

),

progressions as (

    select
        person_id,
        cast(line_number as integer) as line_number,
        cast(row_number() over (partition by person_id order by progression_date, line_number) as integer)
            as progression_number,
        source,
        case when component_count = 1 and is_fully_assessed then first_component end as isolated_component,
        case when component_count = 1 then first_component end as isolated_component_lenient,
        case
            when is_extramedullary then 'IMAGING_EMD'
            when is_new_bone or is_paramedullary then 'IMAGING_BONE'
            when is_biochemical then 'BIOCHEMICAL_ONLY'
            else 'OTHER'
        end as relapse_type,
        cast(component_count as integer) as component_count,
        is_biochemical,
        is_marrow,
        is_new_bone,
        is_extramedullary,
        is_paramedullary,
        case when is_extramedullary then is_extramedullary_by_code end as is_extramedullary_by_code,
        is_fully_assessed,
        {{ days_between('infusion_date', 'progression_date') }} <= {{ parameter('progressions', 'refractory_days') }}
            as is_refractory_to_infusion,
        progression_date,
        index_date as line_index_date,
        infusion_date,
        next_line_start_date
    from counted_components

)

select * from progressions
