-- One row per screened person with the days on which somebody saw the person.
-- Definition: specification endpoints 5.2. contact_date: the latest visit, procedure, drug or measurement not after the
-- end of observation; a registry's observation period ends with a follow-up and is a contact itself; without any, the
-- last record or the end of observation. activity_date: the latest of the same, whenever it was: who is treated is
-- alive.
-- Limits: a date in the future of the source is cut off.

with records as (select * from {{ ref('int_screened_records') }}),
observation_periods as (select * from {{ ref('observation_period') }}),

registries as (

    select type_concept_id from {{ ref('diagnosis_record_types') }}
    where record_type = 'registry'

),

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

dated as (

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

contacts as (

    select
        dated.person_id,
        observed.observation_start_date,
        greatest(
            coalesce(dated.contact_date, observed.follow_up_date, dated.last_record_date),
            coalesce(observed.follow_up_date, dated.contact_date, dated.last_record_date)
        ) as contact_date,
        dated.activity_date
    from dated
    left join observed on dated.person_id = observed.person_id

)

select * from contacts
