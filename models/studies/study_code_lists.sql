-- One row per event group that studies ask for, kind of event, name and code behind it: the code lists of a protocol.
-- Definition: an event of kind coded has the members of its concept set; a laboratory test and a derived event have no
-- code here and one row. What derives them is in models/clinical.

with event_groups as (select * from {{ ref('event_groups') }}),
concept_sets as (select * from {{ ref('concept_sets') }}),
concept_set_members as (select * from {{ ref('concept_set_members') }}),
known_events as (select * from {{ ref('known_events') }}),

study_code_lists as (

    select
        event_groups.event_group_id,
        event_groups.label as group_label,
        event_groups.event_type,
        event_groups.event_code,
        coalesce(concept_sets.clinical_scope, known_events.label, event_groups.event_code) as event_label,
        event_groups.excluded_role,
        concept_set_members.category as record_category,
        concept_set_members.vocabulary_id,
        concept_set_members.code,
        concept_set_members.name as code_name,
        concept_set_members.include_descendants,
        concept_set_members.valid_from,
        concept_set_members.source
    from event_groups
    left join concept_sets
        on event_groups.event_type = 'coded' and event_groups.event_code = concept_sets.concept_set_id
    left join concept_set_members on concept_sets.concept_set_id = concept_set_members.concept_set_id
    left join known_events
        on event_groups.event_type = known_events.event_type and event_groups.event_code = known_events.event_code

)

select * from study_code_lists
