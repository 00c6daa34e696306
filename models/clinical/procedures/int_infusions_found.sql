-- One row per person and infusion of a CAR-T product.
-- Definition: infusion codes of any product within 7 days are one infusion on the earliest of their days; the product
-- is the most specific that any of them names (specification procedures 2.3 rule 4). target: BCMA, unless the product
-- has another.
-- Limits: a code that names no product counts only for a person with myeloma and without a CD19 product.

with events as (select * from {{ ref('int_coded_events') }}),
roles as (select * from {{ ref('concept_set_roles') }} where algorithm = 'cell_therapy'),

infusion_records as (

    select distinct
        events.person_id,
        roles.role as product,
        events.start_date
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id
    where roles.role in ('ide_cel', 'cilta_cel', 'unknown', 'other_target')

),

spaced_records as (

    select
        infusion_records.*,
        coalesce(
            {{ days_between('lag(start_date) over (partition by person_id order by start_date, product)', 'start_date') }}
            <= {{ parameter('cell_therapies', 'cluster_days') }},
            false
        ) as is_same_infusion
    from infusion_records

),

numbered_records as (

    select
        spaced_records.*,
        sum(case when is_same_infusion then 0 else 1 end) over (
            partition by person_id order by start_date, product rows between unbounded preceding and current row
        ) as infusion_number
    from spaced_records

),

infusions as (

    select
        person_id,
        infusion_number,
        min(start_date) as infusion_date,
        coalesce(
            max(case when product = 'other_target' then product end),
            max(case when product in ('ide_cel', 'cilta_cel') then product end),
            'unknown'
        ) as product
    from numbered_records
    group by 1, 2

),

infusions_found as (

    select
        person_id,
        infusion_date,
        product,
        case
            when product = 'other_target' then 'other'
            when product = 'unknown' and bool_or(product = 'other_target') over (partition by person_id) then 'other'
            else 'bcma'
        end as target
    from infusions

)

select * from infusions_found
