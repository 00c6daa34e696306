-- One row per person with multiple myeloma, before lines of therapy are known.
-- Definition: who has a supported diagnosis (int_myeloma_diagnoses: the earliest one and its rule) with the person's
-- own data and what the records allow of contact and death (int_contacts_checked).
-- Limits: the data cut is the last day any person of the source is observed.

with screened_persons as (select * from {{ ref('int_screened_persons') }}),
persons as (select * from {{ ref('person') }}),
care_sites as (select * from {{ ref('care_site') }}),
observation_periods as (select * from {{ ref('observation_period') }}),
index_diagnoses as (select * from {{ ref('int_myeloma_diagnoses') }}),
contacts as (select * from {{ ref('int_contacts_checked') }}),

demographic_names as (

    select
        members.concept_id,
        members.concept_set_id,
        concept_sets.clinical_scope as name
    from {{ ref('concept_set_members') }} as members
    inner join {{ ref('concept_sets') }} as concept_sets on members.concept_set_id = concept_sets.concept_set_id
    where members.category = 'demographic'

),

data_cuts as (

    select
        source_name,
        max(observation_period_end_date) as data_cut_date
    from observation_periods
    group by 1

),

myeloma_patients as (

    select
        screened_persons.person_id,
        screened_persons.source_name,
        screened_persons.source_person_id,
        coalesce(care_sites.care_site_source_value, care_sites.care_site_name, screened_persons.source_name) as site_id,
        persons.year_of_birth,
        replace(sexes.concept_set_id, 'gender_', '') as sex,
        coalesce(races.name, persons.race_source_value) as race,
        coalesce(ethnicities.name, persons.ethnicity_source_value) as ethnicity,
        index_diagnoses.myeloma_diagnosis_date,
        index_diagnoses.myeloma_rule,
        contacts.observation_start_date,
        contacts.last_contact_date,
        contacts.death_date,
        contacts.is_death_invalidated,
        contacts.is_death_date_unknown,
        data_cuts.data_cut_date
    from screened_persons
    inner join index_diagnoses on screened_persons.person_id = index_diagnoses.person_id
    inner join persons
        on
            screened_persons.source_name = persons.source_name
            and screened_persons.source_person_id = persons.source_person_id
    left join care_sites
        on persons.source_name = care_sites.source_name and persons.care_site_id = care_sites.care_site_id
    left join contacts on screened_persons.person_id = contacts.person_id
    left join demographic_names as sexes on persons.gender_concept_id = sexes.concept_id
    left join demographic_names as races on persons.race_concept_id = races.concept_id
    left join demographic_names as ethnicities on persons.ethnicity_concept_id = ethnicities.concept_id
    left join data_cuts on screened_persons.source_name = data_cuts.source_name

)

select * from myeloma_patients
