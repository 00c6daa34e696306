-- One row per person, ingredient and start date of a myeloma drug, with the days to which its cover may last.
-- Definition: specification records 0. A recorded end counts from a day after the start on; the assumed one is after
-- the days supplied, else after 28 days; which of the two holds is the rule set's choice (int_drug_exposures_by_role).
-- More than longest_supply_days is an open-ended order: what was supplied is not known. Of the records of a day those
-- of the first kind in precedence hold (administration, dispensing, claim, order; drug_record_types), and of these the
-- longest cover. An order is dropped when the same person was given or dispensed the drug within 3 days; a dose given
-- on a ward says nothing of a prescription of a drug that is only taken by mouth. daily_milligrams: the strength of one
-- unit (int_drug_strengths) times the units of a day on which it is taken, one unless more were supplied than days;
-- different strengths of a day add up, duplicates of one count once. is_stopped_for_toxicity is null where no reason
-- for stopping is recorded. A code that names no drug (trial_drug) of a person who takes part in a trial
-- (clinical_trial within trial_days) is an exposure to the agent without a name.
-- Limits: a dose is meant for capsules and tablets, and null where no strength is recorded; an order that was never
-- given counts.

with events as (select * from {{ ref('int_coded_events') }} where domain in ('drug', 'procedure')),
drug_classes as (select * from {{ ref('drug_classes') }}),
drug_strengths as (select * from {{ ref('int_drug_strengths') }}),
record_types as (select * from {{ ref('drug_record_types') }}),
toxicity_stop_words as (select * from {{ ref('toxicity_stop_words') }}),
roles as (select * from {{ ref('concept_set_roles') }} where algorithm = 'exposures'),

trial_days as (

    select distinct
        trial_events.person_id,
        trial_events.start_date
    from {{ ref('int_coded_events') }} as trial_events
    inner join roles on trial_events.concept_set_id = roles.concept_set_id and roles.role = 'trial'

),

unnamed_days as (

    select distinct
        events.person_id,
        events.start_date
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id and roles.role = 'trial_drug'
    inner join trial_days
        on
            events.person_id = trial_days.person_id
            and abs({{ days_between('events.start_date', 'trial_days.start_date') }})
            <= {{ parameter('exposures', 'trial_days') }}

),

named_events as (

    select
        events.*,
        drug_classes.ingredient
    from events
    inner join drug_classes on events.concept_set_id = drug_classes.ingredient
    union all
    select
        events.*,
        drug_classes.ingredient
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id and roles.role = 'trial_drug'
    inner join unnamed_days on events.person_id = unnamed_days.person_id and events.start_date = unnamed_days.start_date
    inner join drug_classes on drug_classes.drug_class = 'unnamed'

),

drug_records as (

    select
        events.person_id,
        events.source_name,
        drug_classes.ingredient,
        drug_classes.drug_class,
        drug_classes.role as usual_role,
        coalesce(drug_classes.is_oral_only, false) as is_oral_only,
        events.start_date,
        case when {{ days_between('events.start_date', 'events.end_date') }} >= 1 then events.end_date end
            as recorded_end_date,
        case
            when events.days_supply between 1 and {{ parameter('exposures', 'longest_supply_days') }}
                then events.start_date + (cast(events.days_supply as integer) - 1)
        end as supplied_until_date,
        drug_strengths.milligrams * greatest(1, coalesce(ceil(events.quantity / nullif(events.days_supply, 0)), 1))
            as daily_milligrams,
        record_types.record_type,
        record_types.precedence,
        case when events.stop_reason is not null then toxicity_stop_words.word is not null end
            as is_stopped_for_toxicity
    from named_events as events
    inner join drug_classes on events.ingredient = drug_classes.ingredient
    left join drug_strengths on events.code_key = drug_strengths.code_key
    left join record_types on events.type_concept_id = record_types.type_concept_id
    left join toxicity_stop_words on lower(events.stop_reason) like '%' || toxicity_stop_words.word || '%'

),

orders_superseded as (

    select distinct
        orders.person_id,
        orders.ingredient,
        orders.start_date
    from drug_records as orders
    inner join drug_records as doses
        on
            orders.person_id = doses.person_id
            and orders.ingredient = doses.ingredient
            and (
                doses.record_type = 'dispensing'
                or (doses.record_type = 'administration' and not orders.is_oral_only)
            )
            and abs({{ days_between('orders.start_date', 'doses.start_date') }})
            <= {{ parameter('exposures', 'order_match_days') }}
    where orders.record_type = 'order'

),

-- equals share a rank, so that none of them is passed over by chance
ranked_records as (

    select
        drug_records.*,
        rank() over (
            partition by drug_records.person_id, drug_records.ingredient, drug_records.start_date
            order by drug_records.precedence nulls last
        ) as record_rank
    from drug_records
    left join orders_superseded
        on
            drug_records.record_type = 'order'
            and drug_records.person_id = orders_superseded.person_id
            and drug_records.ingredient = orders_superseded.ingredient
            and drug_records.start_date = orders_superseded.start_date
    where orders_superseded.person_id is null

),

drug_exposures_deduplicated as (

    select
        person_id,
        ingredient,
        drug_class,
        usual_role,
        start_date,
        max(recorded_end_date) as recorded_end_date,
        max(
            coalesce(
                supplied_until_date,
                start_date + (cast({{ parameter('exposures', 'default_cover_days') }} as integer) - 1)
            )
        ) as assumed_end_date,
        max(supplied_until_date) as supplied_until_date,
        sum(distinct daily_milligrams) as daily_milligrams,
        bool_or(is_stopped_for_toxicity) as is_stopped_for_toxicity
    from ranked_records
    where record_rank = 1
    group by 1, 2, 3, 4, 5

)

select * from drug_exposures_deduplicated
