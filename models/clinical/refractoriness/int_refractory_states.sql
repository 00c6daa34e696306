-- One row per person and refractory state, with the day on which it became known.
-- Definition: specification refractoriness 3.1 and 3.3 rule 5 (Rajkumar 2011). A state is a drug, a class, or a
-- combination of them (triple_class and penta_drug, int_class_combinations); level `primary` takes CONFIRMED and
-- PROBABLE, level `confirmed` only the former.
-- Limits: a state once reached holds for good.

with refractoriness as (

    select * from {{ ref('refractoriness') }}
    where status in ('CONFIRMED', 'PROBABLE')

),

class_combinations as (select * from {{ ref('int_class_combinations') }}),

levelled as (

    select
        refractoriness.*,
        levels.level
    from refractoriness
    cross join (values ('primary'), ('confirmed')) as levels (level)
    where levels.level = 'primary' or refractoriness.status = 'CONFIRMED'

),

drugs as (

    select
        person_id,
        level,
        ingredient,
        drug_class,
        min(evidence_date) as known_date
    from levelled
    group by 1, 2, 3, 4

),

ranked as (

    select
        drugs.*,
        row_number() over (partition by person_id, level, drug_class order by known_date, ingredient) as rank_in_class
    from drugs

),

combinations as (

    select
        ranked.person_id,
        ranked.level,
        class_combinations.name as state,
        max(ranked.known_date) as known_date
    from ranked
    inner join class_combinations
        on
            ranked.ingredient = class_combinations.part
            or (ranked.drug_class = class_combinations.part and ranked.rank_in_class = class_combinations.drug_count)
    group by 1, 2, 3, class_combinations.part_count
    having count(*) = class_combinations.part_count

),

refractory_states as (

    select
        person_id,
        level,
        ingredient as state,
        known_date
    from drugs
    union all
    select
        person_id,
        level,
        drug_class as state,
        min(known_date) as known_date
    from drugs
    group by 1, 2, 3
    union all
    select
        person_id,
        level,
        state,
        known_date
    from combinations

)

select * from refractory_states
