-- One row per person, ingredient and start date of a myeloma drug, with the days to which its cover may last.
-- Definition: of the records of a day those of the first kind in precedence (administration, dispensing, claim, order;
-- drug_record_types) and of these the longest cover (int_drug_records); which of the recorded and the assumed end
-- holds is the rule set's choice (int_drug_exposures_by_role). Different strengths of a day add up, the same one twice
-- is one dose told twice. An order is dropped when the drug was given or dispensed within 3 days, and wherever the
-- source records administrations of that drug: there an order alone was never given (algorithms 0).
-- Limits: an oral drug is never in an administration record, so the second half goes by drug and not by site alone.

with records as (select * from {{ ref('int_drug_records') }}),

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

ranked as (

    select
        records.*,
        rank() over (
            partition by records.person_id, records.ingredient, records.start_date
            order by records.precedence nulls last
        ) as record_rank
    from records
    left join superseded_orders
        on
            records.record_type = 'order'
            and records.person_id = superseded_orders.person_id
            and records.ingredient = superseded_orders.ingredient
            and records.start_date = superseded_orders.start_date
    where superseded_orders.person_id is null

),

-- equals share a rank, so that none of them is passed over by chance
drug_exposures_covered as (

    select
        person_id,
        ingredient,
        drug_class,
        usual_role,
        start_date,
        max(recorded_end_date) as recorded_end_date,
        max(assumed_end_date) as assumed_end_date,
        max(supplied_until_date) as supplied_until_date,
        sum(distinct daily_milligrams) as daily_milligrams,
        bool_or(is_stopped_for_toxicity) as is_stopped_for_toxicity
    from ranked
    where record_rank = 1
    group by 1, 2, 3, 4, 5

)

select * from drug_exposures_covered
