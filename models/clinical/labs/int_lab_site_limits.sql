-- One row per site and laboratory test: the normal limits that the site gives most often.
-- Definition: stands in for the limits that a record lacks (algorithms 7.1: row, then site, then fallback).

with labs as (

    select * from {{ ref('int_labs_by_day') }}
    where lower_limit is not null or upper_limit is not null

),

counted as (

    select
        site_id,
        lab,
        lower_limit,
        upper_limit,
        count(*) as value_count
    from labs
    group by 1, 2, 3, 4

),

ranked as (

    select
        counted.*,
        row_number() over (
            partition by site_id, lab
            order by value_count desc, lower_limit asc nulls last, upper_limit asc nulls last
        ) as limit_rank
    from counted

),

site_limits as (

    select
        site_id,
        lab,
        lower_limit,
        upper_limit
    from ranked
    where limit_rank = 1

)

select * from site_limits
