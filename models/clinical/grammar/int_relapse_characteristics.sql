{{ config(materialized='ephemeral') }}
-- One row per person, characteristic of the relapse after an infusion, and day of it: where it showed, how long it
-- took, and the blood counts at it.
-- Definition: specification studies D3.4 and D5.2 (specification progression 5.4). A component is isolated when it is
-- the only one of four that are all assessed, and not when it is absent or a second one is there. The grade of a
-- cytopenia (CTCAE of the version in force) is that of the value nearest in time, at most pattern_window (30) days
-- before or after, the earlier of two as near (specification studies D3.2: the value closest to T0); severe from
-- severe_grade (3). Months are 365/12 days, as the source papers count.
-- Limits: what was not assessed is unknown; a count without a value has no row.

with relapses as (

    select
        progressions.*,
        is_extramedullary or is_paramedullary as is_soft_tissue,
        {{ months_between('infusion_date', 'progression_date') }} as months_infusion_to_progression,
        case when is_fully_assessed or component_count > 1 then coalesce(isolated_component, 'none') end as isolated
    from {{ ref('progressions') }} as progressions
    where infusion_date is not null

),

blood_counts as (

    select * from {{ ref('lab_grades') }}
    where
        term in ('anemia', 'leukopenia', 'neutropenia', 'thrombocytopenia')
        and ctcae_version = {{ parameter('labs', 'ctcae_version') }}
        and grade is not null

),

ranked_counts as (

    select
        relapses.person_id,
        relapses.progression_date,
        blood_counts.term,
        blood_counts.grade > 0 as has_cytopenia,
        blood_counts.grade >= {{ parameter('courses', 'severe_grade') }} as has_severe_cytopenia,
        row_number() over (
            partition by relapses.person_id, relapses.progression_date, blood_counts.term
            order by
                abs({{ days_between('relapses.progression_date', 'blood_counts.measured_date') }}),
                blood_counts.measured_date,
                blood_counts.grade desc
        ) as nearness
    from relapses
    inner join blood_counts
        on
            relapses.person_id = blood_counts.person_id
            and abs({{ days_between('relapses.progression_date', 'blood_counts.measured_date') }})
            <= {{ parameter('progressions', 'pattern_window') }}

),

cytopenias as (

    select * from ranked_counts
    where nearness = 1

),

relapse_characteristics as (

    {{ characteristic_rows(
        'relapses',
        numbers={
            'progression_is_biochemical': 'is_biochemical',
            'progression_is_marrow': 'is_marrow',
            'progression_is_new_bone': 'is_new_bone',
            'is_refractory_to_infusion': 'is_refractory_to_infusion',
            'isolated_biochemical': "is_biochemical and isolated = 'biochemical'",
            'isolated_marrow': "is_marrow and isolated = 'marrow'",
            'isolated_new_bone': "is_new_bone and isolated = 'new_bone'",
            'isolated_soft_tissue': "is_soft_tissue and isolated = 'soft_tissue'",
            'months_infusion_to_progression': 'months_infusion_to_progression',
        },
        texts=['relapse_type'],
        valid_from='progression_date',
        keeps_unknown=true,
    ) }}
    union all
    {{ characteristic_rows(
        'cytopenias',
        numbers={'progression_': 'has_cytopenia', 'progression_severe_': 'has_severe_cytopenia'},
        valid_from='progression_date',
        named='names.name || term',
    ) }}

)

select * from relapse_characteristics
