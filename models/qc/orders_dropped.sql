-- One row per source, site and drug with orders: on how many days something was ordered, and on how many of them the
-- order was dropped.
-- Definition: specification exposures 0.9 rule 2. An order of a day is dropped when no exposure begins on the day (the
-- same person was given or dispensed the drug within order_match_days), or when a record of a kind that goes before an
-- order stands on the same day.
-- Suspicious, not wrong: a site where nearly all or none of the orders are dropped beside administrations may write its
-- record types otherwise than drug_record_types reads them.

with events as (select * from {{ ref('int_coded_events') }} where domain in ('drug', 'procedure')),
drug_classes as (select * from {{ ref('drug_classes') }}),
record_types as (select * from {{ ref('drug_record_types') }}),
exposures as (select * from {{ ref('int_drug_exposures_deduplicated') }}),
patients as (select * from {{ ref('patients') }}),

drug_days as (

    select
        events.person_id,
        drug_classes.ingredient,
        events.start_date,
        count(case when record_types.record_type = 'order' then 1 end) as order_count,
        min(case when record_types.record_type = 'order' then record_types.precedence end) as order_precedence,
        min(record_types.precedence) as first_precedence
    from events
    inner join drug_classes on events.concept_set_id = drug_classes.ingredient
    inner join record_types on events.type_concept_id = record_types.type_concept_id
    group by 1, 2, 3

),

order_days as (

    select
        patients.source_name,
        patients.site_id,
        drug_days.ingredient,
        drug_days.person_id,
        drug_days.order_count,
        exposures.person_id is null as is_superseded,
        exposures.person_id is not null and drug_days.first_precedence < drug_days.order_precedence as is_passed_over
    from drug_days
    inner join patients on drug_days.person_id = patients.person_id
    left join exposures
        on
            drug_days.person_id = exposures.person_id
            and drug_days.ingredient = exposures.ingredient
            and drug_days.start_date = exposures.start_date
    where drug_days.order_count > 0

),

orders_dropped as (

    select
        source_name,
        site_id,
        ingredient,
        count(*) as order_day_count,
        count(case when is_superseded then 1 end) as superseded_day_count,
        count(case when is_passed_over then 1 end) as passed_over_day_count,
        cast(sum(case when is_superseded or is_passed_over then order_count else 0 end) as bigint)
            as dropped_order_count,
        count(distinct case when is_superseded or is_passed_over then person_id end) as person_count
    from order_days
    group by 1, 2, 3

)

select * from orders_dropped
