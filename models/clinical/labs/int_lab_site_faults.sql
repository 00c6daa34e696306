-- One row per site, laboratory test and unit whose values lie a factor of ten away from the network's.
-- Definition: the site's median of a unit is about 10 or about 0.1 times the median of all sites' medians
-- (specification labs 7.2 rule 3: the classic mg/L for mg/dL); looked for where enough values and enough sites are
-- there to compare.
-- Limits: medians of 0 (M-protein of people in remission) cannot be compared, and two sites cannot outvote each other.

with labs_converted as (select * from {{ ref('int_labs_converted') }}),

site_medians as (

    select
        site_id,
        lab,
        unit_used,
        percentile_cont(0.5) within group (order by converted_value) as site_median
    from labs_converted
    where converted_value is not null
    group by 1, 2, 3
    having count(*) >= {{ parameter('labs', 'unit_fault_min_values') }}

),

network_medians as (

    select
        lab,
        percentile_cont(0.5) within group (order by site_median) as network_median
    from site_medians
    where site_median > 0
    group by 1
    having count(distinct site_id) >= {{ parameter('labs', 'unit_fault_min_sites') }}

),

median_ratios as (

    select
        site_medians.*,
        network_medians.network_median,
        site_medians.site_median / network_medians.network_median as median_ratio
    from site_medians
    inner join network_medians on site_medians.lab = network_medians.lab
    where site_medians.site_median > 0

),

site_faults as (

    select
        site_id,
        lab,
        unit_used,
        site_median,
        network_median
    from median_ratios
    where
        greatest(median_ratio, 1 / median_ratio)
        between {{ parameter('labs', 'unit_fault_ratio') }} / {{ parameter('labs', 'unit_fault_tolerance') }}
        and {{ parameter('labs', 'unit_fault_ratio') }} * {{ parameter('labs', 'unit_fault_tolerance') }}

)

select * from site_faults
