-- One row per patient whose death is not as plain as a single day: what the records say and what was taken.
-- Definition: a day that later treatment refutes, a death without a day, several different days, or a death that is
-- told by a code or a discharge alone. stated lists each statement as kind and day.

with deaths as (select * from {{ ref('int_deaths_judged') }}),
patients as (select * from {{ ref('patients') }}),

told as (

    select
        person_id,
        {{ sorted_distinct_concat("evidence || ' ' || coalesce(cast(stated_date as " ~ dbt.type_string() ~ "), 'without a day')", ', ') }}
            as stated,
        count(distinct stated_date) as day_count,
        bool_or(is_refuted) as has_refuted,
        bool_or(stated_date is null) as has_no_day,
        min(case when is_taken then evidence end) as taken_from
    from deaths
    group by 1

),

deaths_in_doubt as (

    select
        patients.source_name,
        patients.person_id,
        told.stated,
        case
            when patients.is_death_invalidated and not patients.is_death_date_unknown then 'followed by treatment'
            when patients.is_death_date_unknown then 'day unknown'
            when told.has_refuted then 'one day of several is followed by treatment'
            when told.day_count > 1 then 'several days'
            when told.taken_from != 'death_record' then 'no record of death itself'
        end as doubt,
        told.taken_from,
        patients.death_date,
        patients.last_contact_date
    from told
    inner join patients on told.person_id = patients.person_id
    where
        told.has_refuted or told.day_count > 1 or told.taken_from != 'death_record'
        or patients.is_death_date_unknown

)

select * from deaths_in_doubt
