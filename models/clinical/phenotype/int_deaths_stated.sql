{{ config(materialized='ephemeral') }}
-- One row per screened person, day on which some record says that the person died, and kind of that record; stated_date
-- is NULL where the record knows no day.
-- Definition: specification patients 5.3, in the order of its sources. evidence_rank 1: DEATH, or PERSON in CDM v6; 2:
-- a diagnosis or observation of the concept set death; 3: a discharge as dead (death_discharges), on the last day of
-- the visit. A day before the year of birth stands for no day.
-- Limits: a registry's DEATH row is not put before a hospital's: of those that hold the earliest is taken.

with candidates as (select * from {{ ref('int_screened_persons') }}),
persons as (select * from {{ ref('person') }}),
deaths as (select * from {{ ref('death') }}),
events as (select * from {{ ref('int_coded_events') }}),
visits as (select * from {{ ref('visit_occurrence') }}),
discharges as (select * from {{ ref('death_discharges') }}),

recorded as (

    select
        candidates.person_id,
        'death_record' as evidence,
        1 as evidence_rank,
        deaths.death_date as stated_date
    from deaths
    inner join candidates
        on
            deaths.source_name = candidates.source_name
            and deaths.source_person_id = candidates.source_person_id

),

coded as (

    select
        person_id,
        'death_code' as evidence,
        2 as evidence_rank,
        start_date as stated_date
    from events
    where concept_set_id = 'death' and domain in ('condition', 'observation')

),

-- the few visits that end in death are found before any is joined to a person
ended_in_death as (

    select visits.*
    from visits
    left join discharges as concepts
        on cast(visits.discharged_to_concept_id as {{ dbt.type_string() }}) = concepts.source_text
    left join discharges as texts on lower(trim(visits.discharged_to_source_value)) = texts.source_text
    where concepts.source_text is not null or texts.source_text is not null

),

discharged as (

    select
        candidates.person_id,
        'discharge' as evidence,
        3 as evidence_rank,
        coalesce(ended_in_death.visit_end_date, ended_in_death.visit_start_date) as stated_date
    from ended_in_death
    inner join candidates
        on
            ended_in_death.source_name = candidates.source_name
            and ended_in_death.source_person_id = candidates.source_person_id

),

stated as (

    select * from recorded
    union all
    select * from coded
    union all
    select * from discharged

),

deaths_stated as (

    select distinct
        stated.person_id,
        stated.evidence,
        stated.evidence_rank,
        case when year(stated.stated_date) < persons.year_of_birth then null else stated.stated_date end as stated_date
    from stated
    inner join candidates on stated.person_id = candidates.person_id
    inner join persons
        on candidates.source_name = persons.source_name and candidates.source_person_id = persons.source_person_id

)

select * from deaths_stated
