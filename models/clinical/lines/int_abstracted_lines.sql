-- One row per person and line of therapy that a registry's abstractors numbered, with its first day.
-- Definition: specification lines 2.6 no. 7: treatment regimens of the EPISODE table with a number, of a registry's
-- record type; where two begin on one day the higher number holds, and a number that begins before a lower one does not
-- count.
-- Limits: the abstracted number is the order in which the lines begin; one that was skipped leaves no gap here.

with episodes as (select * from {{ ref('recorded_episode') }}),
screened_persons as (select * from {{ ref('int_screened_persons') }}),
regimens as (select * from {{ ref('omop_concepts') }} where name = 'treatment_regimen'),
registry_types as (select * from {{ ref('diagnosis_record_types') }} where record_type = 'registry'),

numbered as (

    select
        screened_persons.person_id,
        episodes.episode_number,
        min(episodes.episode_start_date) as line_start_date
    from episodes
    inner join screened_persons
        on
            episodes.source_name = screened_persons.source_name
            and episodes.source_person_id = screened_persons.source_person_id
    inner join regimens on episodes.episode_concept_id = regimens.concept_id
    inner join registry_types on episodes.episode_type_concept_id = registry_types.type_concept_id
    where episodes.episode_number is not null and episodes.episode_start_date is not null
    group by 1, 2

),

followed as (

    select
        numbered.*,
        min(line_start_date) over (
            partition by person_id
            order by episode_number
            rows between 1 following and unbounded following
        ) as next_start_date
    from numbered

),

abstracted_lines as (

    select
        person_id,
        line_start_date
    from followed
    where next_start_date is null or line_start_date < next_start_date

)

select * from abstracted_lines
