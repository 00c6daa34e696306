-- One row per person, term and episode of toxicity, with its highest grade and the tier of its evidence.
-- Definition: laboratory toxicities (CTCAE, version in grading_system), CRS and ICANS (ASTCT), hematotoxicity after
-- infusion (ICAHT), severe infections, low IgG by tier, immunoglobulin replacement, myeloid neoplasms (algorithms 7,
-- 8). tier: coded (a code says so), treated (its treatment says so), measured (values say so). anchor_date is the
-- infusion or first bispecific dose that CRS, ICANS and ICAHT belong to; is_discordant marks a coded grade two or
-- more from the proxy grade; is_confounded an IgG that contains M-protein.
-- Limits: crs and icans hold only what one tier shows; crs_probable and crs_sensitive are looser terms of their own.

with cell_toxicities as (select * from {{ ref('int_cell_toxicities') }}),
lab_toxicities as (select * from {{ ref('int_lab_toxicities') }}),
immunoglobulins as (select * from {{ ref('int_low_immunoglobulins') }}),

coded as (

    select * from {{ ref('int_coded_toxicities') }}
    union all
    select * from {{ ref('int_severe_infections') }}

),

everything as (

    select
        person_id,
        term,
        grade,
        grading_system,
        tier,
        evidence,
        is_discordant,
        null as is_confounded,
        start_date,
        end_date,
        anchor_date
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
        null as is_confounded,
        start_date,
        end_date,
        null as anchor_date
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
        is_confounded,
        start_date,
        end_date,
        null as anchor_date
    from immunoglobulins
    union all
    select
        person_id,
        term,
        grade,
        grading_system,
        tier,
        evidence,
        null as is_discordant,
        null as is_confounded,
        start_date,
        end_date,
        null as anchor_date
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
        cast(is_discordant as boolean) as is_discordant,
        cast(is_confounded as boolean) as is_confounded,
        start_date,
        greatest(end_date, start_date) as end_date,
        anchor_date
    from everything

)

select * from adverse_events
