-- One row per person and day on which age band, Charlson index or performance status changes, with all three.
-- Definition: the inputs of the simplified frailty scale (algorithms 10.2); ECOG is the last recorded on or before the
-- day.
-- Limits: only the year of birth is sure, so birthdays fall on 1 July.

with patients as (

    select * from {{ ref('int_myeloma_patients') }}
    where year_of_birth is not null

),

charlson as (select * from {{ ref('int_charlson_scored') }}),

performance as (

    select
        events.person_id,
        events.start_date as scored_date,
        max(events.value_number) as ecog
    from {{ ref('int_coded_events') }} as events
    inner join {{ ref('concept_set_roles') }} as roles on events.concept_set_id = roles.concept_set_id
    where roles.algorithm = 'performance' and roles.role = 'ecog' and events.value_number between 0 and 5
    group by 1, 2

),

birthdays as (

    select
        patients.person_id,
        make_date(patients.year_of_birth + ages.age, 7, 1) as valid_from_date
    from patients
    cross join (
        select 70 as age
        union all
        select 76 as age
        union all
        select 81 as age
    ) as ages

),

days as (

    select
        charlson.person_id,
        charlson.valid_from_date
    from charlson
    inner join patients on charlson.person_id = patients.person_id
    union
    select * from birthdays
    union
    select
        performance.person_id,
        performance.scored_date as valid_from_date
    from performance
    inner join patients on performance.person_id = patients.person_id

),

joined as (

    select
        days.person_id,
        days.valid_from_date,
        cast(
            year(days.valid_from_date)
            - patients.year_of_birth
            - case when month(days.valid_from_date) < 7 then 1 else 0 end as integer
        ) as age,
        charlson.charlson_index,
        performance.ecog,
        row_number() over (
            partition by days.person_id, days.valid_from_date
            order by charlson.valid_from_date desc nulls last, performance.scored_date desc nulls last
        ) as recency
    from days
    inner join patients on days.person_id = patients.person_id
    left join charlson on days.person_id = charlson.person_id and days.valid_from_date >= charlson.valid_from_date
    left join performance on days.person_id = performance.person_id and days.valid_from_date >= performance.scored_date

),

frailty_history as (

    select
        person_id,
        valid_from_date,
        age,
        charlson_index,
        ecog
    from joined
    where recency = 1

)

select * from frailty_history
