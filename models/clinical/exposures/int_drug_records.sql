-- One row per record of a myeloma drug, with the days to which its cover may last and the dose of a day.
-- Definition: a recorded end counts from a day after the start on; the assumed one is after the days supplied, else
-- after 28 days (algorithms 0). is_stopped_for_toxicity is null where no reason for stopping is recorded.
-- daily_milligrams: the strength of one unit (int_drug_strengths) times the units of a day on which it is taken, one
-- unless more were supplied than days.
-- Limits: that dose is meant for capsules and tablets; null where no strength is recorded.

with events as (

    select * from {{ ref('int_coded_events') }}
    where domain in ('drug', 'procedure')

),

drug_classes as (select * from {{ ref('drug_classes') }}),
drug_strengths as (select * from {{ ref('int_drug_strengths') }}),
record_types as (select * from {{ ref('drug_record_types') }}),
toxicity_stop_words as (select * from {{ ref('toxicity_stop_words') }}),

drug_records as (

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
        drug_strengths.milligrams * greatest(1, coalesce(ceil(events.quantity / nullif(events.days_supply, 0)), 1))
            as daily_milligrams,
        coalesce(record_types.record_type, 'unknown') as record_type,
        record_types.precedence,
        case when events.stop_reason is not null then toxicity_stop_words.word is not null end
            as is_stopped_for_toxicity
    from events
    inner join drug_classes on events.concept_set_id = drug_classes.ingredient
    left join drug_strengths on events.code_key = drug_strengths.code_key
    left join record_types on events.type_concept_id = record_types.type_concept_id
    left join toxicity_stop_words on lower(events.stop_reason) like '%' || toxicity_stop_words.word || '%'

)

select * from drug_records
