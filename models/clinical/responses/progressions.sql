-- One row per person and progression: the first of each line of therapy, with what it showed and what it means.
-- Definition: algorithms 5.1 and 5.4. A progression at most 60 days after an infusion is refractory, later relapsed.
-- Extramedullary and paramedullary disease are one component of isolation: isolated_component is the only true one of
-- four that are all assessed (strict); isolated_component_lenient the only true one, whatever was not assessed.
-- relapse_type goes extramedullary, bone (paramedullary with it), biochemical, other.

with components as (select * from {{ ref('int_progression_components') }}),

combined as (

    select
        components.*,
        case
            when is_extramedullary or is_paramedullary then true
            when not is_extramedullary and not is_paramedullary then false
        end as is_soft_tissue
    from components

),

counted as (

    select
        combined.*,
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
    from combined

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
        is_fully_assessed,
        {{ days_between('infusion_date', 'progression_date') }} <= {{ parameter('progressions', 'refractory_days') }}
            as is_refractory_to_infusion,
        progression_date,
        index_date as line_index_date,
        infusion_date,
        next_line_start_date
    from counted

)

select * from progressions
