-- One row per site and laboratory test: the unit in which the site gives most of its values.
-- Definition: the most frequent recognised unit, when it has at least modal_unit_min_share of the values with a
-- recognised unit (algorithms 7.2 rule 2).
-- Limits: a site that never gives a unit has no modal unit, and none is inferred for it.

with lab_records as (select * from {{ ref('int_lab_records') }}),

counted as (

    select
        site_id,
        lab,
        known_unit,
        count(*) as value_count
    from lab_records
    where known_unit is not null
    group by 1, 2, 3

),

ranked as (

    select
        counted.*,
        sum(value_count) over (partition by site_id, lab) as site_count,
        row_number() over (partition by site_id, lab order by value_count desc, known_unit asc) as unit_rank
    from counted

),

modal_units as (

    select
        site_id,
        lab,
        known_unit as modal_unit
    from ranked
    where unit_rank = 1 and value_count >= site_count * {{ parameter('labs', 'modal_unit_min_share') }}

)

select * from modal_units
