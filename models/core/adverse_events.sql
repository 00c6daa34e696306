-- One row per person, term and episode of toxicity, with its highest grade and the tier of its evidence.
-- Definition: laboratory toxicities (CTCAE, version in grading_system), CRS and ICANS (ASTCT), hematotoxicity after
-- infusion (ICAHT), severe infections, low IgG by tier, immunoglobulin replacement, myeloid neoplasms (algorithms 7,
-- 8). tier: coded (a code says so), treated (its treatment says so), measured (values say so). anchor_date is the
-- infusion or first bispecific dose that CRS, ICANS and ICAHT belong to; is_discordant marks a coded grade two or
-- more from the proxy grade; is_confounded an IgG that contains M-protein.
-- Limits: crs and icans hold only what one tier shows; crs_probable and crs_sensitive are looser terms of their own.

with lab_toxicities as (

    select * from {{ ref('int_lab_toxicities') }}

),

crs as (

    select * from {{ ref('int_crs_graded') }}

),

icans as (

    select * from {{ ref('int_icans_graded') }}

),

icaht as (

    select * from {{ ref('int_icaht_graded') }}
    where grade >= 1

),

infections as (

    select * from {{ ref('int_severe_infections') }}

),

immunoglobulins as (

    select * from {{ ref('int_low_immunoglobulins') }}

),

coded as (

    select * from {{ ref('int_coded_toxicities') }}

),

everything as (

    select
        person_id,
        term,
        start_date,
        end_date,
        grade,
        'CTCAE ' || cast(ctcae_version as {{ dbt.type_string() }}) as grading_system,
        'measured' as tier,
        lab as evidence,
        cast(null as date) as anchor_date,
        cast(null as boolean) as is_discordant,
        cast(null as boolean) as is_confounded
    from lab_toxicities
    union all
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
        is_discordant,
        cast(null as boolean) as is_confounded
    from crs
    where is_any
    union all
    select
        person_id,
        'crs_probable' as term,
        anchor_date as start_date,
        anchor_date as end_date,
        cast(null as integer) as grade,
        cast(null as {{ dbt.type_string() }}) as grading_system,
        'treated' as tier,
        'crs_treatment' as evidence,
        anchor_date,
        cast(null as boolean) as is_discordant,
        cast(null as boolean) as is_confounded
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
        cast(null as boolean) as is_discordant,
        cast(null as boolean) as is_confounded
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
        abs(coded_grade - element_grade) >= 2 as is_discordant,
        cast(null as boolean) as is_confounded
    from icans
    where onset_day is not null
    union all
    select
        person_id,
        'late_neurotoxicity' as term,
        anchor_date + late_day as start_date,
        anchor_date + late_day as end_date,
        cast(null as integer) as grade,
        cast(null as {{ dbt.type_string() }}) as grading_system,
        'coded' as tier,
        'icans_sign' as evidence,
        anchor_date,
        cast(null as boolean) as is_discordant,
        cast(null as boolean) as is_confounded
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
        cast(null as boolean) as is_discordant,
        cast(null as boolean) as is_confounded
    from icaht
    union all
    select
        person_id,
        'severe_infection' as term,
        start_date,
        end_date,
        grade,
        'CTCAE 5' as grading_system,
        'coded' as tier,
        evidence,
        cast(null as date) as anchor_date,
        cast(null as boolean) as is_discordant,
        cast(null as boolean) as is_confounded
    from infections
    union all
    select
        person_id,
        term,
        start_date,
        end_date,
        cast(null as integer) as grade,
        cast(null as {{ dbt.type_string() }}) as grading_system,
        'measured' as tier,
        lab as evidence,
        cast(null as date) as anchor_date,
        cast(null as boolean) as is_discordant,
        is_confounded
    from immunoglobulins
    union all
    select
        person_id,
        term,
        start_date,
        end_date,
        cast(null as integer) as grade,
        cast(null as {{ dbt.type_string() }}) as grading_system,
        case term when 'immunoglobulin_replacement' then 'treated' else 'coded' end as tier,
        evidence,
        cast(null as date) as anchor_date,
        cast(null as boolean) as is_discordant,
        cast(null as boolean) as is_confounded
    from coded

),

adverse_events as (

    select
        person_id,
        term,
        cast(grade as integer) as grade,
        grading_system,
        tier,
        evidence,
        is_discordant,
        is_confounded,
        start_date,
        greatest(end_date, start_date) as end_date,
        anchor_date
    from everything

)

select * from adverse_events
