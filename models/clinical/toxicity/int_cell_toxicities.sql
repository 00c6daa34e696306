{{ config(materialized='ephemeral') }}
-- One row per patient, anchor and toxicity of a T-cell-engaging therapy, in the shape of core.adverse_events.
-- Definition: cytokine release and neurotoxicity (ASTCT 2019) with their looser terms, and hematotoxicity (ICAHT 2023)
-- from day 0 and from day 31 on (algorithms 8).

with crs as (select * from {{ ref('int_crs_graded') }}),
icans as (select * from {{ ref('int_icans_graded') }}),

icaht as (

    select * from {{ ref('int_icaht_graded') }}
    where grade >= 1

),

cell_toxicities as (

    select
        person_id,
        'crs' as term,
        anchor_date + onset_day as start_date,
        anchor_date + end_day as end_date,
        grade,
        'ASTCT 2019' as grading_system,
        tier,
        'grade ' || grade_source as evidence,
        anchor_date,
        is_discordant
    from crs
    where is_any
    union all
    select
        person_id,
        'crs_probable' as term,
        anchor_date as start_date,
        anchor_date as end_date,
        null as grade,
        null as grading_system,
        'treated' as tier,
        'crs_treatment' as evidence,
        anchor_date,
        null as is_discordant
    from crs
    where is_probable
    union all
    select
        person_id,
        'crs_sensitive' as term,
        anchor_date + coalesce(onset_day, fever_day) as start_date,
        anchor_date + coalesce(end_day, fever_day) as end_date,
        grade,
        'ASTCT 2019' as grading_system,
        coalesce(tier, 'measured') as tier,
        'fever' as evidence,
        anchor_date,
        null as is_discordant
    from crs
    where is_sensitive
    union all
    select
        person_id,
        'icans' as term,
        anchor_date + onset_day as start_date,
        anchor_date + coalesce(last_day, onset_day) as end_date,
        grade,
        'ASTCT 2019' as grading_system,
        tier,
        case when coded_grade is not null then 'grade coded' when element_grade is not null then 'grade proxy' end
            as evidence,
        anchor_date,
        abs(coded_grade - element_grade) >= 2 as is_discordant
    from icans
    where onset_day is not null
    union all
    select
        person_id,
        'late_neurotoxicity' as term,
        anchor_date + late_day as start_date,
        anchor_date + late_day as end_date,
        null as grade,
        null as grading_system,
        'coded' as tier,
        'icans_sign' as evidence,
        anchor_date,
        null as is_discordant
    from icans
    where late_day is not null
    union all
    select
        person_id,
        phase || case lab when 'neutrophil_count' then '_icaht_neutropenia' else '_icaht_thrombocytopenia' end
            as term,
        infusion_date as start_date,
        infusion_date + case phase when 'early' then 30 else 100 end as end_date,
        grade,
        'ICAHT 2023' as grading_system,
        'measured' as tier,
        lab as evidence,
        infusion_date as anchor_date,
        null as is_discordant
    from icaht

)

select * from cell_toxicities
