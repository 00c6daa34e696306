-- One row per person, ingredient and start date of a myeloma drug, with the days to which its cover may last.
-- Definition: a recorded end counts from a day after the start on; the assumed one is after the days supplied, else
-- after 28 days; which of them holds is the rule set's choice (int_drug_exposures_by_role). An order is dropped when
-- the drug was given or dispensed within 3 days, and wherever the source records
-- administrations of that drug: there an order alone was never given (algorithms 0). is_stopped_for_toxicity is NULL
-- where no reason for stopping is recorded.
-- Limits: an oral drug is never in an administration record, so the second half goes by drug and not by site alone.

with events as (

    select * from {{ ref('int_events_found') }}
    where domain in ('drug', 'procedure')

),

drug_classes as (

    select * from {{ ref('drug_classes') }}

),

record_types as (

    select * from {{ ref('drug_record_types') }}

),

toxicity_stop_words as (

    select * from {{ ref('toxicity_stop_words') }}

),

records as (

    select
        events.person_id,
        events.source_name,
        drug_classes.ingredient,
        drug_classes.drug_class,
        drug_classes.role as usual_role,
        events.start_date,
        case when {{ days_between('events.start_date', 'events.end_date') }} >= 1 then events.end_date end
            as recorded_end_date,
        case
            when events.days_supply > 0 then events.start_date + (cast(events.days_supply as integer) - 1)
            else events.start_date + (cast({{ parameter('exposures', 'default_cover_days') }} as integer) - 1)
        end as assumed_end_date,
        case when events.days_supply > 0 then events.start_date + (cast(events.days_supply as integer) - 1) end
            as supplied_until_date,
        coalesce(record_types.record_type, 'unknown') as record_type,
        case when events.stop_reason is not null then toxicity_stop_words.word is not null end
            as is_stopped_for_toxicity
    from events
    inner join drug_classes on events.concept_set_id = drug_classes.ingredient
    left join record_types on events.type_concept_id = record_types.type_concept_id
    left join toxicity_stop_words on lower(events.stop_reason) like '%' || toxicity_stop_words.word || '%'

),

given as (

    select distinct
        person_id,
        ingredient,
        start_date as given_date
    from records
    where record_type in ('administration', 'dispensing')

),

administered as (

    select distinct
        source_name,
        ingredient
    from records
    where record_type = 'administration'

),

superseded_orders as (

    select distinct
        records.person_id,
        records.ingredient,
        records.start_date
    from records
    left join given
        on
            records.person_id = given.person_id
            and records.ingredient = given.ingredient
            and abs({{ days_between('records.start_date', 'given.given_date') }})
            <= {{ parameter('exposures', 'order_match_days') }}
    left join administered
        on records.source_name = administered.source_name and records.ingredient = administered.ingredient
    where
        records.record_type = 'order'
        and (given.person_id is not null or administered.ingredient is not null)

),

drug_exposures_covered as (

    select
        records.person_id,
        records.ingredient,
        records.drug_class,
        records.usual_role,
        records.start_date,
        max(records.recorded_end_date) as recorded_end_date,
        max(records.assumed_end_date) as assumed_end_date,
        max(records.supplied_until_date) as supplied_until_date,
        bool_or(records.is_stopped_for_toxicity) as is_stopped_for_toxicity
    from records
    left join superseded_orders
        on
            records.record_type = 'order'
            and records.person_id = superseded_orders.person_id
            and records.ingredient = superseded_orders.ingredient
            and records.start_date = superseded_orders.start_date
    where superseded_orders.person_id is null
    group by 1, 2, 3, 4, 5

)

select * from drug_exposures_covered
