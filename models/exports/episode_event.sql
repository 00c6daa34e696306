-- One row per drug record of a line of therapy, in the form of the OMOP CDM's EPISODE_EVENT table.
-- Limits: a record belongs to the line in which its start date lies and whose drugs name its ingredient.

with episode as (select * from {{ ref('episode') }}),
lines_of_therapy as (select * from {{ ref('lines_of_therapy') }}),

events as (

    select * from {{ ref('int_coded_events') }}
    where domain = 'drug'

),

omop_concepts as (

    select * from {{ ref('omop_concepts') }}
    where name = 'drug_exposure_field'

),

episode_event as (

    select distinct
        episode.episode_id,
        events.record_id as event_id,
        omop_concepts.concept_id as episode_event_field_concept_id
    from episode
    inner join lines_of_therapy
        on episode.person_id = lines_of_therapy.person_id and episode.episode_number = lines_of_therapy.line_number
    inner join events
        on
            lines_of_therapy.person_id = events.person_id
            and events.start_date between lines_of_therapy.line_start_date and lines_of_therapy.line_end_date
            and '+' || lines_of_therapy.drugs || '+' like '%+' || events.concept_set_id || '+%'
    cross join omop_concepts

)

select * from episode_event
