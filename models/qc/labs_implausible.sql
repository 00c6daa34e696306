-- One row per site, laboratory test, unit as written and reason for which values were dropped or flagged, with how
-- many.
-- Definition: what core.labs could not use (no number, no known unit, outside the hard range, a site's unit at
-- fault), what it keeps but finds unusual, and days with several differing values of one test.

with labs as (select * from {{ ref('labs') }}),
site_faults as (select * from {{ ref('int_lab_site_faults') }}),
labs_by_day as (select * from {{ ref('int_labs_by_day') }}),

counted as (

    select
        site_id,
        lab,
        coalesce(source_unit, '') as source_unit,
        case when quality = 'ok' then 'unusual' else quality_reason end as reason,
        count(*) as value_count
    from labs
    where quality != 'ok' or is_unusual
    group by 1, 2, 3, 4

),

repeated as (

    select
        site_id,
        lab,
        '' as source_unit,
        'several_values_on_a_day' as reason,
        count(*) as value_count
    from labs_by_day
    where value_count > 1
    group by 1, 2

),

findings as (

    select * from counted
    union all
    select * from repeated

),

labs_implausible as (

    select
        findings.*,
        site_faults.site_median,
        site_faults.network_median
    from findings
    left join site_faults
        on
            findings.reason = 'site_unit_fault'
            and findings.site_id = site_faults.site_id
            and findings.lab = site_faults.lab
            and findings.source_unit = site_faults.unit_used

)

select * from labs_implausible
