-- One row per screened person with the last contact and the death that the records allow.
-- Definition: algorithms 5.2 and 5.3. Last contact: the latest visit, procedure, drug or measurement not after the end
-- of observation; a registry's observation period ends with a follow-up and is a contact itself; without any, the last
-- record or the end of observation. A death followed by such activity more than 30 days later is not one
-- (is_death_invalidated); who died has the day of death for last contact.
-- Limits: the CDM holds one date per death and not its precision; a date in the future of the source is cut off.

with records as (select * from {{ ref('int_screened_records') }}),
observation_periods as (select * from {{ ref('observation_period') }}),
deaths as (select person_id, min(death_date) as death_date from {{ ref('death') }} group by 1),
registries as (select type_concept_id from {{ ref('diagnosis_record_types') }} where record_type = 'registry'),

observed as (

    select
        observation_periods.person_id,
        min(observation_periods.observation_period_start_date) as observation_start_date,
        max(observation_periods.observation_period_end_date) as observation_end_date,
        max(case when registries.type_concept_id is not null then observation_periods.observation_period_end_date end)
            as follow_up_date
    from observation_periods
    left join registries on observation_periods.period_type_concept_id = registries.type_concept_id
    group by 1

),

contacts as (

    select
        records.person_id,
        max(
            case
                when
                    records.domain in ('visit', 'procedure', 'drug', 'measurement')
                    and records.start_date <= coalesce(observed.observation_end_date, records.start_date)
                    then records.start_date
            end
        ) as contact_date,
        max(case when records.domain in ('visit', 'procedure', 'drug', 'measurement') then records.start_date end)
            as activity_date,
        max(records.start_date) as last_record_date
    from records
    left join observed on records.person_id = observed.person_id
    group by 1

),

contacts_and_deaths as (

    select
        contacts.person_id,
        observed.observation_start_date,
        greatest(
            coalesce(contacts.contact_date, observed.follow_up_date, contacts.last_record_date),
            coalesce(observed.follow_up_date, contacts.contact_date, contacts.last_record_date)
        ) as contact_date,
        deaths.death_date,
        coalesce(
            {{ days_between('deaths.death_date', 'contacts.activity_date') }}
            > {{ parameter('last_contact', 'death_grace_days') }},
            false
        ) as is_death_invalidated
    from contacts
    left join observed on contacts.person_id = observed.person_id
    left join deaths on contacts.person_id = deaths.person_id

),

contacts_checked as (

    select
        person_id,
        observation_start_date,
        case when not is_death_invalidated then death_date end as death_date,
        case when death_date is not null and not is_death_invalidated then death_date else contact_date end
            as last_contact_date,
        is_death_invalidated
    from contacts_and_deaths

)

select * from contacts_checked
