-- One row per patient, drug and day on which a treatment for neurotoxicity was given.
-- Definition: specification toxicity 8.3 rule 7: dexamethasone of at least icans_steroid_mg (10) a day, or
-- levetiracetam begun or changed in dose. The dose of a day is the strength (int_drug_strengths) times the quantity,
-- over the days covered (specification exposures 0.9: to the end of the record if at most dose_longest_days, else its
-- supply).
-- Limits: a steroid of unknown dose counts; of levetiracetam an unknown dose shows no change.

with events as (select * from {{ ref('int_coded_events') }}),

roles as (

    select * from {{ ref('concept_set_roles') }}
    where algorithm = 'adverse_events' and role in ('icans_steroid', 'icans_antiepileptic')

),

drug_strengths as (select * from {{ ref('int_drug_strengths') }}),

drug_records as (

    select
        events.person_id,
        roles.role,
        events.concept_set_id,
        events.start_date,
        events.quantity,
        drug_strengths.milligrams,
        case
            when
                {{ days_between('events.start_date', 'events.end_date') }}
                between 1 and {{ parameter('adverse_events', 'dose_longest_days') }}
                then {{ days_between('events.start_date', 'events.end_date') }} + 1
            else greatest(coalesce(events.days_supply, 1), 1)
        end as covered_days
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id
    left join drug_strengths on events.code_key = drug_strengths.code_key

),

doses as (

    select
        person_id,
        role,
        concept_set_id,
        start_date,
        max(milligrams * quantity / covered_days) as daily_milligrams
    from drug_records
    group by 1, 2, 3, 4

),

followed_doses as (

    select
        doses.*,
        lag(daily_milligrams) over (partition by person_id, concept_set_id order by start_date) as earlier_milligrams,
        {{ days_between(
            'lag(start_date) over (partition by person_id, concept_set_id order by start_date)', 'start_date'
        ) }} as days_since
    from doses

),

icans_treatments as (

    select
        person_id,
        concept_set_id,
        start_date,
        daily_milligrams
    from followed_doses
    where
        case role
            when 'icans_steroid'
                then coalesce(daily_milligrams >= {{ parameter('adverse_events', 'icans_steroid_mg') }}, true)
            else
                coalesce(days_since > {{ parameter('adverse_events', 'late_sign_lookback') }}, true)
                or coalesce(daily_milligrams != earlier_milligrams, false)
        end

)

select * from icans_treatments
