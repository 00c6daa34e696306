-- One row per person, infusion and time point (baseline, progression): soft-tissue disease on imaging.
-- Definition: baseline is the last imaging from imaging_baseline_from (60) days before to the day of the infusion;
-- progression what int_progression_components found at the progression of the infusion's line (algorithms 5.4). state
-- is none, emd_only, pmd_only, both, or unknown; sites are the sites that the source names.
-- Limits: without imaging the state is unknown, never none.

with baselines as (

    select * from {{ ref('int_response_baselines') }}
    where infusion_date is not null

),

components as (

    select * from {{ ref('int_progression_components') }}
    where infusion_date is not null

),

lesions as (

    select distinct
        person_id,
        start_date as found_date,
        qualifier_text
    from {{ ref('int_coded_events') }}
    where concept_set_id in ('imaging_emd', 'imaging_pmd') and nullif(trim(qualifier_text), '') is not null

),

both_points as (

    select
        person_id,
        infusion_date,
        'baseline' as time_point,
        had_extramedullary as is_extramedullary,
        had_paramedullary as is_paramedullary,
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
        progression_date - cast({{ parameter('progressions', 'pattern_window') }} as integer) as from_date,
        progression_date + cast({{ parameter('progressions', 'pattern_window') }} as integer) as to_date
    from components

),

extramedullary_states as (

    select
        both_points.person_id,
        both_points.infusion_date,
        both_points.time_point,
        case
            when both_points.is_extramedullary and both_points.is_paramedullary then 'both'
            when both_points.is_extramedullary and not both_points.is_paramedullary then 'emd_only'
            when not both_points.is_extramedullary and both_points.is_paramedullary then 'pmd_only'
            when not both_points.is_extramedullary and not both_points.is_paramedullary then 'none'
            else 'unknown'
        end as state,
        both_points.is_extramedullary,
        both_points.is_paramedullary,
        {{ sorted_distinct_concat('lesions.qualifier_text', '; ') }} as sites
    from both_points
    left join lesions
        on
            both_points.person_id = lesions.person_id
            and lesions.found_date between both_points.from_date and both_points.to_date
    group by 1, 2, 3, 4, 5, 6

)

select * from extramedullary_states
