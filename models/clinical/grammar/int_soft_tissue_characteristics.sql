{{ config(materialized='ephemeral') }}
-- One row per person, characteristic of soft-tissue disease at an infusion or its progression, and day from which its
-- value holds: extramedullary, paramedullary, either, the categories and unknown, the sites; and extramedullary disease
-- at both times.
-- Definition: specification studies D5.3 and D5.4. Baseline facts hold from the infusion, those of the progression from
-- it. A site is present when the source's words name it (lesion_sites), absent when the disease was assessed and they
-- do not. Extramedullary disease is extensive at extensive_emd_sites (2) sites of soft tissue or more before the
-- infusion: clinical_qa warns of it and does not define it (specification studies D2).
-- Limits: several sites per person are possible; a site that no words of lesion_sites name is not counted.

with progressions as (select * from {{ ref('progressions') }}),
lesion_sites as (select * from {{ ref('lesion_sites') }}),

states as (

    select
        states.*,
        case when states.time_point = 'baseline' then states.infusion_date else progressions.progression_date end
            as valid_from_date
    from {{ ref('extramedullary_states') }} as states
    left join progressions
        on states.person_id = progressions.person_id and states.infusion_date = progressions.infusion_date

),

baseline_states as (

    select * from states
    where time_point = 'baseline'

),

sites as (

    select
        states.person_id,
        states.time_point,
        lesion_sites.site,
        case
            when bool_or(instr(lower(states.sites), lesion_sites.source_words) > 0) then true
            when bool_or(states.is_extramedullary is not null or states.is_paramedullary is not null) then false
        end as has_site,
        states.valid_from_date
    from states
    cross join lesion_sites
    group by states.person_id, states.time_point, lesion_sites.site, states.valid_from_date

),

extents as (

    select
        sites.person_id,
        case
            when not bool_or(baseline_states.is_extramedullary) then false
            when bool_or(baseline_states.is_extramedullary)
                then
                    sum(case when sites.has_site then 1 else 0 end)
                    >= {{ parameter('courses', 'extensive_emd_sites') }}
        end as baseline_emd_is_extensive,
        sites.valid_from_date
    from sites
    inner join baseline_states
        on sites.person_id = baseline_states.person_id and sites.valid_from_date = baseline_states.valid_from_date
    where sites.time_point = 'baseline'
    group by sites.person_id, sites.valid_from_date

),

both_times as (

    select
        later.person_id,
        case
            when earlier.is_extramedullary and later.is_extramedullary then 'at baseline and at progression'
            when earlier.is_extramedullary and not later.is_extramedullary then 'at baseline only'
            when not earlier.is_extramedullary and later.is_extramedullary then 'at progression only'
            when not earlier.is_extramedullary and not later.is_extramedullary then 'at neither'
        end as emd_at_baseline_and_progression,
        later.valid_from_date
    from states as later
    inner join baseline_states as earlier
        on later.person_id = earlier.person_id and later.infusion_date = earlier.infusion_date
    where later.time_point = 'progression'

),

soft_tissue_characteristics as (

    {{ characteristic_rows(
        'states',
        numbers={
            'emd': 'is_extramedullary',
            'pmd': 'is_paramedullary',
            'emd_or_pmd': 'is_extramedullary or is_paramedullary',
        },
        texts={'soft_tissue': 'state'},
        named="time_point || '_' || names.name",
        keeps_unknown=true,
    ) }}
    union all
    {{ characteristic_rows(
        'baseline_states',
        numbers={'soft_tissue_state': 'is_extramedullary'},
        texts={'soft_tissue_state': 'state'},
        keeps_unknown=true,
    ) }}
    union all
    {{ characteristic_rows(
        'sites', numbers=['has_site'], named="time_point || '_site_' || site", keeps_unknown=true
    ) }}
    union all
    {{ characteristic_rows('extents', numbers=['baseline_emd_is_extensive'], keeps_unknown=true) }}
    union all
    {{ characteristic_rows('both_times', texts=['emd_at_baseline_and_progression'], keeps_unknown=true) }}

)

select * from soft_tissue_characteristics
