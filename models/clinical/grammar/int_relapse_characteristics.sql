{{ config(materialized='ephemeral') }}
-- One row per person, infusion and characteristic of the relapse after it: where it showed, how long it took, and the
-- blood counts at it.
-- Definition: definitions 3.4 and 5.2 (algorithms 5.4). A component is isolated when it is the only one of four that
-- are all assessed, and not when it is absent or a second one is there; cytopenia of any grade and severe, from
-- severe_grade (3). Months are 365/12 days, as the source papers count.
-- Limits: what was not assessed is unknown.

with progressions as (

    select
        progressions.*,
        is_extramedullary or is_paramedullary as is_soft_tissue,
        case when is_fully_assessed or component_count > 1 then coalesce(isolated_component, 'none') end as isolated
    from {{ ref('progressions') }} as progressions
    where infusion_date is not null

),

cytopenias as (select * from {{ ref('int_relapse_cytopenias') }}),

patterns as (

    select
        progressions.person_id,
        names.name,
        case names.name
            when 'progression_is_biochemical' then is_biochemical
            when 'progression_is_marrow' then is_marrow
            when 'progression_is_new_bone' then is_new_bone
            when 'is_refractory_to_infusion' then is_refractory_to_infusion
            when 'isolated_biochemical' then case when not is_biochemical then false else isolated = 'biochemical' end
            when 'isolated_marrow' then case when not is_marrow then false else isolated = 'marrow' end
            when 'isolated_new_bone' then case when not is_new_bone then false else isolated = 'new_bone' end
            when 'isolated_soft_tissue' then case when not is_soft_tissue then false else isolated = 'soft_tissue' end
        end as flag,
        case names.name
            when 'months_infusion_to_progression'
                then {{ months_between('infusion_date', 'progression_date') }}
        end as number,
        case names.name when 'relapse_type' then relapse_type end as value_text,
        progressions.progression_date as valid_from_date
    from progressions
    cross join (
        values
        ('progression_is_biochemical'),
        ('progression_is_marrow'),
        ('progression_is_new_bone'),
        ('is_refractory_to_infusion'),
        ('isolated_biochemical'),
        ('isolated_marrow'),
        ('isolated_new_bone'),
        ('isolated_soft_tissue'),
        ('months_infusion_to_progression'),
        ('relapse_type')
    ) as names (name)

),

grades as (

    select
        cytopenias.person_id,
        case degrees.degree
            when 'any' then 'progression_' || cytopenias.term
            else 'progression_severe_' || cytopenias.term
        end as name,
        case degrees.degree
            when 'any' then cytopenias.grade > 0
            else cytopenias.grade >= {{ parameter('courses', 'severe_grade') }}
        end as flag,
        cast(null as double) as number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        cytopenias.progression_date as valid_from_date
    from cytopenias
    cross join (values ('any'), ('severe')) as degrees (degree)

),

everything as (

    select * from patterns
    union all
    select * from grades

),

relapse_characteristics as (

    select
        person_id,
        name,
        cast(case when flag then 1.0 when not flag then 0.0 else number end as double) as value_number,
        value_text,
        valid_from_date
    from everything

)

select * from relapse_characteristics
