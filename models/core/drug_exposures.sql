-- One row per person, ingredient and start date of a myeloma drug.
-- Definition: the records of the ingredients in drug_classes; cover ends at the recorded end when that is 1 to 90 days
-- away, else after the days supplied, else after 28 days (algorithms 0).
-- Limits: orders are not told from administrations here.

with events as (

    select * from {{ ref('int_events_found') }}

),

drug_classes as (

    select * from {{ ref('drug_classes') }}

),

records as (

    select
        events.person_id,
        drug_classes.ingredient,
        drug_classes.drug_class,
        drug_classes.role,
        events.start_date,
        case
            when
                {{ days_between('events.start_date', 'events.end_date') }} between 1
                and {{ parameter('lines_of_therapy', 'longest_cover_days') }}
                then events.end_date
            when events.days_supply > 0 then events.start_date + (events.days_supply - 1)
            else events.start_date + (cast({{ parameter('lines_of_therapy', 'default_cover_days') }} as integer) - 1)
        end as end_date
    from events
    inner join drug_classes on events.concept_set_id = drug_classes.ingredient
    where events.domain in ('drug', 'procedure')

),

drug_exposures as (

    select
        person_id,
        ingredient,
        drug_class,
        role,
        start_date,
        max(end_date) as end_date
    from records
    group by 1, 2, 3, 4, 5

)

select * from drug_exposures
