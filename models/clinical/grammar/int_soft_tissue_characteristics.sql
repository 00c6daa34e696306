{{ config(materialized='ephemeral') }}
-- One row per person, infusion, time point and characteristic of soft-tissue disease: extramedullary, paramedullary,
-- either, the four categories and unknown, the sites; and extramedullary disease at both times.
-- Definition: definitions 5.3 and 5.4. Baseline facts hold from the infusion, those of the progression from it. A site
-- is present when the source's words name it (lesion_sites), absent when the disease was assessed and they do not.
-- Limits: several sites per person are possible; a site that no words of lesion_sites name is not counted.

with states as (

    select
        states.*,
        case when states.time_point = 'baseline' then states.infusion_date else progressions.progression_date end
            as valid_from_date
    from {{ ref('extramedullary_states') }} as states
    left join {{ ref('progressions') }} as progressions
        on states.person_id = progressions.person_id and states.infusion_date = progressions.infusion_date

),

lesion_sites as (select * from {{ ref('lesion_sites') }}),

categories as (

    select
        states.person_id,
        states.time_point || '_' || names.name as name,
        case names.name
            when 'emd' then is_extramedullary
            when 'pmd' then is_paramedullary
            when 'emd_or_pmd' then is_extramedullary or is_paramedullary
        end as flag,
        case names.name when 'soft_tissue' then state end as value_text,
        states.valid_from_date
    from states
    cross join (values ('emd'), ('pmd'), ('emd_or_pmd'), ('soft_tissue')) as names (name)

),

sites as (

    select
        states.person_id,
        states.time_point || '_site_' || lesion_sites.site as name,
        case
            when bool_or(instr(lower(states.sites), lesion_sites.source_words) > 0) then true
            when bool_or(states.is_extramedullary is not null or states.is_paramedullary is not null) then false
        end as flag,
        cast(null as {{ dbt.type_string() }}) as value_text,
        states.valid_from_date
    from states
    cross join lesion_sites
    group by states.person_id, states.time_point, lesion_sites.site, states.valid_from_date

),

both_times as (

    select
        later.person_id,
        'emd_at_baseline_and_progression' as name,
        cast(null as boolean) as flag,
        case
            when earlier.is_extramedullary and later.is_extramedullary then 'at baseline and at progression'
            when earlier.is_extramedullary and not later.is_extramedullary then 'at baseline only'
            when not earlier.is_extramedullary and later.is_extramedullary then 'at progression only'
            when not earlier.is_extramedullary and not later.is_extramedullary then 'at neither'
        end as value_text,
        later.valid_from_date
    from states as later
    inner join states as earlier
        on
            later.person_id = earlier.person_id
            and later.infusion_date = earlier.infusion_date
            and earlier.time_point = 'baseline'
    where later.time_point = 'progression'

),

everything as (

    select * from categories
    union all
    select * from sites
    union all
    select * from both_times

),

soft_tissue_characteristics as (

    select
        person_id,
        name,
        case when flag then 1.0 when not flag then 0.0 end as value_number,
        value_text,
        valid_from_date
    from everything
    where valid_from_date is not null

)

select * from soft_tissue_characteristics
