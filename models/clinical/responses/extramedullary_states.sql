-- One row per patient, infusion and time point (baseline, progression): soft-tissue disease on imaging.
-- Definition: baseline is the last imaging from imaging_baseline_from (60) days before to the day of the infusion;
-- progression what the progressions mart found at the progression of the infusion's line (specification progression
-- 5.4). state is none, emd_only, pmd_only, both, or unknown; sites are the sites that the source names. A code of
-- extramedullary disease at the progression implies emd_only where no imaging speaks of paramedullary disease.
-- Limits: without imaging or such a code the state is unknown, never none.

with baselines as (select * from {{ ref('int_response_baselines') }} where infusion_date is not null),
progressions as (select * from {{ ref('progressions') }} where infusion_date is not null),

lesions as (

    select distinct
        person_id,
        start_date as found_date,
        qualifier_text
    from {{ ref('int_coded_events') }}
    where concept_set_id in ('imaging_emd', 'imaging_pmd') and nullif(trim(qualifier_text), '') is not null

),

time_points as (

    select
        person_id,
        infusion_date,
        'baseline' as time_point,
        had_extramedullary as is_extramedullary,
        had_paramedullary as is_paramedullary,
        false as is_extramedullary_by_code,
        infusion_date + cast({{ parameter('progressions', 'imaging_baseline_from') }} as integer) as from_date,
        infusion_date as to_date
    from baselines
    union all
    select
        person_id,
        infusion_date,
        'progression' as time_point,
        is_extramedullary,
        is_paramedullary,
        is_extramedullary_by_code,
        progression_date - cast({{ parameter('progressions', 'pattern_window') }} as integer) as from_date,
        progression_date + cast({{ parameter('progressions', 'pattern_window') }} as integer) as to_date
    from progressions

),

extramedullary_states as (

    select
        time_points.person_id,
        time_points.infusion_date,
        time_points.time_point,
        case
            when time_points.is_extramedullary and time_points.is_paramedullary then 'both'
            when time_points.is_extramedullary and not time_points.is_paramedullary then 'emd_only'
            when time_points.is_extramedullary_by_code and time_points.is_paramedullary is null then 'emd_only'
            when not time_points.is_extramedullary and time_points.is_paramedullary then 'pmd_only'
            when not time_points.is_extramedullary and not time_points.is_paramedullary then 'none'
            else 'unknown'
        end as state,
        time_points.is_extramedullary,
        time_points.is_paramedullary,
        {{ sorted_distinct_concat('lesions.qualifier_text', '; ') }} as sites
    from time_points
    left join lesions
        on
            time_points.person_id = lesions.person_id
            and lesions.found_date between time_points.from_date and time_points.to_date
    group by 1, 2, 3, 4, 5, 6

)

select * from extramedullary_states
