-- One row per person, event, day and record behind it: the narrow union that study criteria and endpoints see.
-- Definition: event_type says what kind of fact it is ('coded': a record whose code a concept set names; or a derived
-- diagnosis, lab, cell_therapy, transplant, line, progression, death …), event_code which one (the concept set, or a
-- name of seeds/studies/known_events). record_domain and record_id lead back to the record of the source; an event that
-- was derived from several has the domain 'derived' and no record (0). An adverse event that belongs to two infusions
-- or doses is one event of its day, with the higher grade.
-- Rows of a code lie together, by person where they are many: who asks for a few codes leaves most of the mart unread.
-- Limits: a record that belongs to two concept sets is an event of both.

with patients as (select * from {{ ref('patients') }}),
coded_events as (select * from {{ ref('int_coded_events') }}),
labs as (select * from {{ ref('labs') }}),
adverse_events as (select * from {{ ref('adverse_events') }}),
treatment_events as (select * from {{ ref('int_treatment_events') }}),
disease_events as (select * from {{ ref('int_disease_events') }}),
assessment_events as (select * from {{ ref('int_assessment_events') }}),
visit_events as (select * from {{ ref('int_visit_events') }}),
events_apart as (select * from {{ ref('int_events_apart_from_infusions') }}),

patient_days as (

    select
        person_id,
        myeloma_diagnosis_date as multiple_myeloma,
        coalesce(death_date, last_contact_date) as last_contact,
        death_date as death
    from patients

),

derived_events as (

    {{ event_rows('patient_days', 'diagnosis', ['multiple_myeloma']) }}
    union all
    {{ event_rows('patient_days', 'contact', ['last_contact']) }}
    union all
    {{ event_rows('patient_days', 'death', ['death']) }}
    union all
    select * from treatment_events
    union all
    select * from disease_events
    union all
    select * from assessment_events
    union all
    select * from visit_events
    union all
    select
        person_id,
        start_date as event_date,
        max(end_date) as end_date,
        'adverse_event' as event_type,
        term as event_code,
        max(cast(grade as double)) as value,
        max(grading_system) as unit
    from adverse_events
    group by person_id, start_date, term

),

coded_in_order as (

    select
        person_id,
        start_date as event_date,
        end_date,
        'coded' as event_type,
        concept_set_id as event_code,
        cast(null as double) as value,
        cast(null as {{ dbt.type_string() }}) as unit,
        domain as record_domain,
        record_id
    from coded_events
    order by concept_set_id, person_id

),

events as (

    select * from coded_in_order
    union all
    select
        person_id,
        measured_date as event_date,
        measured_date as end_date,
        'lab' as event_type,
        lab as event_code,
        value,
        unit,
        'measurement' as record_domain,
        record_id
    from labs
    where quality = 'ok'
    union all
    select * from events_apart
    union all
    select
        derived_events.*,
        'derived' as record_domain,
        cast(0 as bigint) as record_id
    from derived_events

),

clinical_events as (

    select events.*
    from events
    inner join patients on events.person_id = patients.person_id

)

select * from clinical_events
