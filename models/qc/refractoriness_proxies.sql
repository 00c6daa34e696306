-- One row per site: how many refractory drug courses rest on a recorded progression and how many on a proxy.
-- Definition: CONFIRMED against PROBABLE rows of core.refractoriness. Above 60 % proxies (is_mostly_proxy) triple-class
-- refractory should be shown as "triple-class refractory (proxy)" (specification refractoriness 3.3, Rajkumar 2011).

with refractoriness as (

    select * from {{ ref('refractoriness') }}
    where status in ('CONFIRMED', 'PROBABLE')

),

patients as (select * from {{ ref('patients') }}),

refractoriness_proxies as (

    select
        patients.source_name,
        patients.site_id,
        sum(case when refractoriness.status = 'CONFIRMED' then 1 else 0 end) as confirmed_count,
        sum(case when refractoriness.status = 'PROBABLE' then 1 else 0 end) as probable_count,
        avg(case when refractoriness.status = 'PROBABLE' then 1.0 else 0.0 end) as probable_share,
        avg(case when refractoriness.status = 'PROBABLE' then 1.0 else 0.0 end)
        > {{ parameter('refractoriness', 'proxy_share_over') }} as is_mostly_proxy
    from refractoriness
    inner join patients on refractoriness.person_id = patients.person_id
    group by 1, 2

)

select * from refractoriness_proxies
