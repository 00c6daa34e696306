-- One row per patient whose cause of death is recorded: was it myeloma?
-- Definition: the cause's concept or code stands for a diagnosis of concept_set_roles (myeloma_phenotype). A record of
-- death that later treatment refutes (int_deaths_judged) says nothing of the cause either.
-- Limits: most sources record no cause; a patient without one has no row, and an unrecorded cause is not myeloma.

with recorded_deaths as (select * from {{ ref('death') }}),
judged_deaths as (select * from {{ ref('int_deaths_judged') }}),
patients as (select * from {{ ref('int_myeloma_patients') }}),
roles as (select * from {{ ref('concept_set_roles') }} where algorithm = 'myeloma_phenotype' and role = 'diagnosis'),

deaths as (

    select recorded_deaths.*
    from recorded_deaths
    left join judged_deaths
        on
            recorded_deaths.person_id = judged_deaths.person_id
            and recorded_deaths.death_date = judged_deaths.stated_date
            and judged_deaths.evidence = 'death_record'
            and judged_deaths.is_refuted
    where judged_deaths.person_id is null

),

members as (

    select concept_set_members.*
    from {{ ref('int_concept_set_members') }} as concept_set_members
    inner join roles on concept_set_members.concept_set_id = roles.concept_set_id

),

concepts as (

    select distinct
        concept_set_concepts.source_name,
        concept_set_concepts.concept_id
    from {{ ref('int_concept_set_concepts') }} as concept_set_concepts
    inner join roles on concept_set_concepts.concept_set_id = roles.concept_set_id

),

deaths_from_myeloma as (

    select deaths.person_id
    from deaths
    inner join concepts
        on deaths.source_name = concepts.source_name and deaths.cause_concept_id = concepts.concept_id
    union
    select deaths.person_id
    from deaths
    inner join members
        on left({{ plain_code('deaths.cause_source_value') }}, length(members.plain_code)) = members.plain_code

),

known_causes as (

    select distinct person_id from deaths
    where coalesce(cause_concept_id, 0) != 0 or nullif(trim(cause_source_value), '') is not null

),

deaths_by_cause as (

    select
        patients.person_id,
        patients.death_date,
        deaths_from_myeloma.person_id is not null as is_from_myeloma
    from patients
    inner join known_causes on patients.person_id = known_causes.person_id
    left join deaths_from_myeloma on patients.person_id = deaths_from_myeloma.person_id
    where patients.death_date is not null

)

select * from deaths_by_cause
