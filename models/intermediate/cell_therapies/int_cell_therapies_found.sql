-- One row per person and infusion of a CAR-T product, before lines of therapy are known.
-- Definition: infusion codes of any product within 7 days are one infusion on the earliest of their days; the product
-- is the most specific that any of them names (algorithms 2.3 rule 4). Apheresis is the last between 180 and 14 days
-- before, else the infusion minus 42 days (is_apheresis_imputed).
-- Limits: a code that names no product counts only for a person with myeloma and without a CD19 product.

with events as (

    select * from {{ ref('int_events_found') }}

),

roles as (

    select * from {{ ref('concept_set_roles') }}
    where algorithm = 'cell_therapy'

),

infusion_records as (

    select distinct
        events.person_id,
        roles.role as product,
        events.start_date
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id
    where roles.role in ('ide_cel', 'cilta_cel', 'unknown', 'other_target')

),

aphereses as (

    select distinct
        events.person_id,
        events.start_date as apheresis_date
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id
    where roles.role = 'apheresis'

),

flagged as (

    select
        infusion_records.*,
        case
            when
                {{ days_between('lag(start_date) over (partition by person_id order by start_date, product)', 'start_date') }}
                <= {{ parameter('cell_therapies', 'cluster_days') }}
                then 0
            else 1
        end as is_first
    from infusion_records

),

clustered as (

    select
        flagged.*,
        sum(is_first) over (
            partition by person_id order by start_date, product rows between unbounded preceding and current row
        ) as infusion_number
    from flagged

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
    from clustered
    group by 1, 2

),

with_apheresis as (

    select
        infusions.person_id,
        infusions.infusion_number,
        infusions.infusion_date,
        infusions.product,
        max(aphereses.apheresis_date) as apheresis_date
    from infusions
    left join aphereses
        on
            infusions.person_id = aphereses.person_id
            and {{ days_between('infusions.infusion_date', 'aphereses.apheresis_date') }}
            between {{ parameter('cell_therapies', 'apheresis_search_from') }}
            and {{ parameter('cell_therapies', 'apheresis_search_to') }}
    group by 1, 2, 3, 4

),

lymphodepleting as (

    select drug_exposures.*
    from {{ ref('int_drug_exposures_covered') }} as drug_exposures
    inner join {{ ref('drug_classes') }} as drug_classes on drug_exposures.ingredient = drug_classes.ingredient
    where drug_classes.is_lymphodepleting

),

with_lymphodepletion as (

    select
        with_apheresis.person_id,
        with_apheresis.infusion_number,
        with_apheresis.infusion_date,
        with_apheresis.product,
        with_apheresis.apheresis_date,
        min(lymphodepleting.start_date) as lymphodepletion_start_date
    from with_apheresis
    left join lymphodepleting
        on
            with_apheresis.person_id = lymphodepleting.person_id
            and {{ days_between('lymphodepleting.start_date', 'with_apheresis.infusion_date') }}
            between 1 and {{ parameter('cell_therapies', 'ld_window_days') }}
    group by 1, 2, 3, 4, 5

),

treated_against_others as (

    select distinct person_id from infusion_records
    where product = 'other_target'

),

cell_therapies_found as (

    select
        with_lymphodepletion.person_id,
        cast(infusion_number as integer) as infusion_number,
        infusion_date,
        product,
        case
            when with_lymphodepletion.product = 'other_target' then 'other'
            when with_lymphodepletion.product = 'unknown' and treated_against_others.person_id is not null then 'other'
            else 'bcma'
        end as target,
        coalesce(
            apheresis_date,
            infusion_date - cast({{ parameter('cell_therapies', 'vein_to_vein_default_days') }} as integer)
        ) as apheresis_date,
        apheresis_date is null as is_apheresis_imputed,
        lymphodepletion_start_date
    from with_lymphodepletion
    left join treated_against_others on with_lymphodepletion.person_id = treated_against_others.person_id

)

select * from cell_therapies_found
