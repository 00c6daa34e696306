-- One row per patient and day on which age band, Charlson index or performance status changes: all three, and the
-- simplified frailty scale.
-- Definition: specification comorbidities 10.2 (FIRST trial; Facon 2020). Age up to 75 is 0, 76 to 80 is 1, above 2;
-- Charlson index up to 1 is 0, above 1; ECOG, the last recorded on or before the day, 0 is 0, 1 is 1, 2 and more is 2.
-- Frail from 2 points on. Without ECOG: frail when the others make 2, else unknown; frailty_no_ecog is what age and
-- Charlson index make alone. is_older_comorbid: 70 or more with an index of 2 or more (specification patients 10.4).
-- Limits: only the year of birth is sure, so birthdays fall on 1 July; who has no year of birth has no row.

with patients as (select * from {{ ref('int_myeloma_patients') }} where year_of_birth is not null),
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

-- the ages at which a band begins
ages as (

    select cast({{ parameter('comorbidities', 'older_from_age') }} as integer) as age
    union
    select cast({{ parameter('comorbidities', 'frailty_one_over_age') }} as integer) + 1 as age
    union
    select cast({{ parameter('comorbidities', 'frailty_two_over_age') }} as integer) + 1 as age

),

days as (

    select
        charlson.person_id,
        charlson.valid_from_date
    from charlson
    inner join patients on charlson.person_id = patients.person_id
    union
    select
        patients.person_id,
        make_date(patients.year_of_birth + ages.age, 7, 1) as valid_from_date
    from patients
    cross join ages
    union
    select
        performance.person_id,
        performance.scored_date as valid_from_date
    from performance
    inner join patients on performance.person_id = patients.person_id

),

states as (

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

points as (

    select
        states.*,
        case
            when age <= {{ parameter('comorbidities', 'frailty_one_over_age') }} then 0
            when age <= {{ parameter('comorbidities', 'frailty_two_over_age') }} then 1
            when age is not null then 2
        end
        + case
            when charlson_index <= {{ parameter('comorbidities', 'frailty_one_over_index') }} then 0
            when charlson_index is not null then 1
        end as points_without_ecog,
        case when ecog = 0 then 0 when ecog = 1 then 1 when ecog >= 2 then 2 end as ecog_points
    from states
    where recency = 1

),

frailty_scored as (

    select
        person_id,
        valid_from_date,
        age,
        charlson_index,
        ecog,
        points_without_ecog + ecog_points as frailty_score,
        points_without_ecog as frailty_no_ecog,
        case
            when points_without_ecog >= {{ parameter('comorbidities', 'frail_from_points') }} then true
            else points_without_ecog + ecog_points >= {{ parameter('comorbidities', 'frail_from_points') }}
        end as is_frail,
        age >= {{ parameter('comorbidities', 'older_from_age') }}
        and charlson_index >= {{ parameter('comorbidities', 'comorbid_from_index') }} as is_older_comorbid
    from points

)

select * from frailty_scored
