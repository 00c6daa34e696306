-- One row per cohort, list of codes that its definition names and concept of it, as omopgenerics reads code lists.
-- Definition: the events of the index and of the criteria that are coded, each with the concepts that its set stands
-- for in the sources' vocabularies, descendants and mappings followed.
-- Limits: an event that our rules derive (an infusion, a line, a response, a laboratory value) has no codes of its own
-- and no row: what derives it is in models/clinical. omopgenerics has no word for what excludes: it is a criterion.

with cohorts as (select * from {{ ref('cohorts') }}),
criteria as (select * from {{ ref('cohort_criteria') }}),
event_groups as (select * from {{ ref('event_groups') }}),
concepts as (select * from {{ ref('int_concept_set_concepts') }}),

asked_for as (

    select
        cohort_id,
        index_event_group as event_group_id,
        'index event' as codelist_type
    from cohorts
    union all
    select
        cohort_id,
        event_group as event_group_id,
        'inclusion criteria' as codelist_type
    from criteria

),

cohort_codelist as (

    select distinct
        cast({{ stable_number('asked_for.cohort_id', 7) }} as integer) as cohort_definition_id,
        event_groups.event_code as codelist_name,
        concepts.concept_id,
        asked_for.codelist_type
    from asked_for
    inner join event_groups on asked_for.event_group_id = event_groups.event_group_id
    inner join concepts on event_groups.event_code = concepts.concept_set_id
    where event_groups.event_type in ('coded', 'coded_apart')

)

select * from cohort_codelist
