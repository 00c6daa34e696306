-- Every word that a criterion can use: events that studies name, derived events, concept sets, laboratory tests, and
-- the characteristics of a person.
with named as (
    select distinct 'event' as kind, event_group_id as word, label, 'events of the studies' as sort, null as event_type, null as event_code
    from studies.event_groups
),

derived as (
    select 'event' as kind, event_type || '.' || event_code as word, label, 'derived events' as sort, event_type, event_code
    from studies.known_events
),

coded as (
    select 'event' as kind, 'coded.' || concept_set_id as word, clinical_scope as label, 'codes' as sort, 'coded' as event_type, concept_set_id as event_code
    from concept_sets.concept_sets
),

tests as (
    select distinct 'event' as kind, 'lab.' || lab as word, replace(lab, '_', ' ') || ' measured' as label, 'laboratory' as sort, 'lab' as event_type, lab as event_code
    from clinical_rules.lab_limits
),

described as (
    select 'characteristic' as kind, characteristic as word, label, coalesce(unit, '') as sort, null as event_type, null as event_code
    from studies.known_characteristics
)

select * from named
union all by name select * from derived
union all by name select * from coded
union all by name select * from tests
union all by name select * from described
order by kind, sort = 'codes', sort = 'laboratory', sort = 'derived events', lower(label), word
