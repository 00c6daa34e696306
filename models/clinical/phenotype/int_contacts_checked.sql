-- One row per screened person with the last contact and the death that the records allow.
-- Definition: specification endpoints 5.2 and specification patients 5.3. The statement that holds (int_deaths_judged)
-- gives the day of death, which is then the last contact too. Who died on an unknown day (is_death_date_unknown) is
-- followed to the last contact, and never counted as alive there. is_death_invalidated: a death was stated with a day,
-- and no such day holds.
-- Limits: the CDM holds one date per death and not its precision.

with contacts as (select * from {{ ref('int_contacts') }}),
deaths as (select * from {{ ref('int_deaths_judged') }}),

died as (

    select
        person_id,
        max(case when is_taken then stated_date end) as death_date,
        bool_or(is_taken and stated_date is null) as is_death_date_unknown,
        bool_or(is_refuted) and not bool_or(stated_date is not null and not is_refuted) as is_death_invalidated
    from deaths
    group by 1

),

contacts_checked as (

    select
        contacts.person_id,
        contacts.observation_start_date,
        died.death_date,
        coalesce(died.death_date, contacts.contact_date) as last_contact_date,
        coalesce(died.is_death_invalidated, false) as is_death_invalidated,
        coalesce(died.is_death_date_unknown, false) as is_death_date_unknown
    from contacts
    left join died on contacts.person_id = died.person_id

)

select * from contacts_checked
