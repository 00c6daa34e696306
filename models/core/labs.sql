-- One row per person, laboratory test, day and source record, in the test's canonical unit.
-- Definition: the factor of lab_units for the recorded unit (algorithms 7.2); a value outside the hard range is
-- implausible and loses its number.
-- Limits: a value without a known unit is rejected.

with events as (

    select * from {{ ref('int_events_found') }}
    where domain = 'measurement'

),

lab_units as (

    select * from {{ ref('lab_units') }}

),

lab_limits as (

    select * from {{ ref('lab_limits') }}

),

labs as (

    select
        events.person_id,
        lab_limits.lab,
        events.start_date as measured_date,
        events.value_number * lab_units.factor as value,
        lab_limits.canonical_unit as unit,
        events.value_number as source_value,
        events.unit_text as source_unit,
        case when lab_units.factor is null then 'rejected' when lab_units.factor = 1 then 'as_given' else 'converted' end
            as unit_rule,
        case
            when events.value_number * lab_units.factor between lab_limits.hard_low and lab_limits.hard_high then 'ok'
            else 'implausible'
        end as quality,
        events.source_name,
        events.record_id
    from events
    inner join lab_limits on events.concept_set_id = lab_limits.lab
    left join lab_units
        on lab_limits.lab = lab_units.lab and lower(trim(events.unit_text)) = lab_units.unit

)

select * from labs
