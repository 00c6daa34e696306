-- One row per patient, term, tier of evidence, first day and anchor of an episode of toxicity, with its highest grade.
-- Definition: laboratory toxicities (CTCAE, version in grading_system), CRS and ICANS (ASTCT 2019) with their looser
-- terms, hematotoxicity after infusion (ICAHT 2023) from day 0 and from day 31 on, severe infections, low IgG by tier,
-- immunoglobulin replacement, myeloid neoplasms (specification labs 7, specification toxicity 8). tier: coded (a code
-- says so), treated (its treatment says so), measured (values say so). anchor_date is the infusion or first bispecific
-- dose that CRS, ICANS and ICAHT belong to; is_discordant marks a coded grade two or more from the proxy grade;
-- is_confounded an IgG that contains M-protein.
-- Limits: crs and icans hold only what one tier shows; crs_probable and crs_sensitive are looser terms of their own.

with crs as (select * from {{ ref('int_crs_graded') }}),
icans as (select * from {{ ref('int_icans_graded') }}),
icaht as (select * from {{ ref('int_icaht_graded') }} where grade >= 1),
lab_toxicities as (select * from {{ ref('int_lab_toxicities') }}),
immunoglobulins as (select * from {{ ref('int_low_immunoglobulins') }}),
coded_toxicities as (select * from {{ ref('int_coded_toxicities') }}),
severe_infections as (select * from {{ ref('int_severe_infections') }}),

cell_toxicities as (

    select
        person_id,
        'crs' as term,
        grade,
        'ASTCT 2019' as grading_system,
        evidence_level as tier,
        case when coded_grade is not null then 'grade coded' when proxy_grade is not null then 'grade proxy' end
            as evidence,
        is_discordant,
        anchor_date + onset_day as start_date,
        anchor_date + end_day as end_date,
        anchor_date
    from crs
    where is_any
    union all
    select
        person_id,
        'crs_probable' as term,
        null as grade,
        null as grading_system,
        'treated' as tier,
        'crs_treatment' as evidence,
        null as is_discordant,
        anchor_date as start_date,
        anchor_date as end_date,
        anchor_date
    from crs
    where is_probable
    union all
    select
        person_id,
        'crs_sensitive' as term,
        grade,
        'ASTCT 2019' as grading_system,
        coalesce(evidence_level, 'measured') as tier,
        'fever' as evidence,
        null as is_discordant,
        anchor_date + coalesce(onset_day, fever_day) as start_date,
        anchor_date + coalesce(end_day, fever_day) as end_date,
        anchor_date
    from crs
    where is_sensitive
    union all
    select
        person_id,
        'icans' as term,
        grade,
        'ASTCT 2019' as grading_system,
        evidence_level as tier,
        case when coded_grade is not null then 'grade coded' when proxy_grade is not null then 'grade proxy' end
            as evidence,
        is_discordant,
        anchor_date + onset_day as start_date,
        anchor_date + coalesce(last_day, onset_day) as end_date,
        anchor_date
    from icans
    where onset_day is not null
    union all
    select
        person_id,
        'late_neurotoxicity' as term,
        null as grade,
        null as grading_system,
        'coded' as tier,
        'icans_sign' as evidence,
        null as is_discordant,
        anchor_date + late_day as start_date,
        anchor_date + late_day as end_date,
        anchor_date
    from icans
    where late_day is not null
    union all
    select
        person_id,
        phase || case lab when 'neutrophil_count' then '_icaht_neutropenia' else '_icaht_thrombocytopenia' end as term,
        grade,
        'ICAHT 2023' as grading_system,
        'measured' as tier,
        lab as evidence,
        null as is_discordant,
        infusion_date as start_date,
        infusion_date + case phase when 'early' then 30 else 100 end as end_date,
        infusion_date as anchor_date
    from icaht

),

toxicities as (

    select
        cell_toxicities.*,
        null as is_confounded
    from cell_toxicities
    union all
    select
        person_id,
        term,
        grade,
        'CTCAE ' || cast(ctcae_version as {{ dbt.type_string() }}) as grading_system,
        'measured' as tier,
        lab as evidence,
        null as is_discordant,
        start_date,
        end_date,
        null as anchor_date,
        null as is_confounded
    from lab_toxicities
    union all
    select
        person_id,
        term,
        null as grade,
        null as grading_system,
        'measured' as tier,
        lab as evidence,
        null as is_discordant,
        start_date,
        end_date,
        null as anchor_date,
        is_confounded
    from immunoglobulins
    union all
    select
        person_id,
        term,
        grade,
        grading_system,
        evidence_level as tier,
        evidence,
        null as is_discordant,
        start_date,
        end_date,
        null as anchor_date,
        null as is_confounded
    from coded_toxicities
    union all
    select
        person_id,
        'severe_infection' as term,
        grade,
        'CTCAE 5' as grading_system,
        'coded' as tier,
        evidence,
        null as is_discordant,
        start_date,
        end_date,
        null as anchor_date,
        null as is_confounded
    from severe_infections

),

adverse_events as (

    select
        person_id,
        term,
        cast(grade as integer) as grade,
        grading_system,
        tier,
        evidence,
        cast(is_discordant as boolean) as is_discordant,
        cast(is_confounded as boolean) as is_confounded,
        start_date,
        greatest(end_date, start_date) as end_date,
        anchor_date
    from toxicities

)

select * from adverse_events
