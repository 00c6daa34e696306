-- One row per person and autologous transplant that no code states: high-dose melphalan with what follows a transplant.
-- Definition: specification procedures 2.3 rule 6. Melphalan into a vein (its code, its route or text, or an
-- administration that says no route) on at most 2 days, all within a week and without other melphalan in 60 days; then
-- a status code of a transplant within a year, of a person without any transplant coded before, or maintenance alone
-- (at most 2 drugs that maintain alone) begun 30 to 180 days after. Not with fludarabine: the donor may be another. The
-- day is the last of melphalan and 2 more.
-- Limits: an assumption; no row where a code of any transplant lies within 60 days (int_transplants_found).

with events as (select * from {{ ref('int_coded_events') }}),
roles as (select * from {{ ref('concept_set_roles') }} where algorithm in ('assumed_roles', 'transplant')),
exposures as (select * from {{ ref('int_drug_exposures_deduplicated') }}),
drug_classes as (select * from {{ ref('drug_classes') }}),
source_codes as (select * from {{ ref('int_source_codes') }}),
record_types as (select * from {{ ref('drug_record_types') }}),
route_words as (select * from {{ ref('route_words') }}),

role_events as (

    select
        events.*,
        roles.role
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id

),

-- what each record of the drug says of its way: by its code, by its words
drug_records as (

    select
        role_events.person_id,
        role_events.start_date,
        role_events.domain,
        role_events.record_id,
        role_events.source_name,
        coalesce(bool_or(codes.role = 'conditioning_injection'), false)
        or coalesce(bool_or(route_words.route = 'intravenous'), false)
        or bool_or(coalesce(record_types.record_type = 'administration', false)) as is_injected,
        coalesce(bool_or(codes.role = 'conditioning_oral'), false)
        or coalesce(bool_or(route_words.route = 'oral'), false) as is_oral
    from role_events
    left join role_events as codes
        on
            role_events.person_id = codes.person_id
            and role_events.code_key = codes.code_key
            and codes.role in ('conditioning_injection', 'conditioning_oral')
    left join source_codes on role_events.code_key = source_codes.code_key
    left join route_words
        on
            {{ plain_words('role_events.route_text') }} like '%' || {{ plain_words('route_words.source_text') }} || '%'
            or {{ plain_words('source_codes.source_code') }} like '%' || {{ plain_words('route_words.source_text') }} || '%'
            or {{ plain_words('source_codes.concept_name') }} like '%' || {{ plain_words('route_words.source_text') }} || '%'
    left join record_types on role_events.type_concept_id = record_types.type_concept_id
    where role_events.role = 'conditioning_drug'
    group by 1, 2, 3, 4, 5

),

drug_days as (

    select
        person_id,
        start_date,
        bool_or(is_injected and not is_oral) as is_injected,
        coalesce(
            {{ days_between('lag(start_date) over (partition by person_id order by start_date)', 'start_date') }}
            <= {{ parameter('assumed_roles', 'course_days') }},
            false
        ) as is_same_course
    from drug_records
    group by 1, 2

),

numbered_days as (

    select
        drug_days.*,
        sum(case when is_same_course then 0 else 1 end) over (
            partition by person_id order by start_date rows between unbounded preceding and current row
        ) as course_number
    from drug_days

),

courses as (

    select
        person_id,
        course_number,
        min(start_date) as first_date,
        max(start_date) as last_date
    from numbered_days
    group by 1, 2
    having
        bool_and(is_injected)
        and count(*) <= {{ parameter('assumed_roles', 'course_max_dates') }}
        and {{ days_between('min(start_date)', 'max(start_date)') }}
        <= {{ parameter('assumed_roles', 'conditioning_span_days') }}

),

courses_with_status as (

    select distinct
        courses.person_id,
        courses.first_date
    from courses
    inner join role_events as states
        on
            courses.person_id = states.person_id
            and states.role = 'transplant_status'
            and {{ days_between('courses.last_date', 'states.start_date') }}
            between 1 and {{ parameter('assumed_roles', 'status_within_days') }}
    left join role_events as transplants
        on
            courses.person_id = transplants.person_id
            and transplants.role in ('autologous', 'allogeneic', 'unspecified')
            and courses.first_date > transplants.start_date
    where transplants.person_id is null

),

next_treatments as (

    select
        courses.person_id,
        courses.first_date,
        courses.last_date,
        min(exposures.start_date) as next_date
    from courses
    inner join exposures on courses.person_id = exposures.person_id and courses.last_date < exposures.start_date
    inner join drug_classes on exposures.ingredient = drug_classes.ingredient
    where drug_classes.role = 'core'
    group by 1, 2, 3

),

courses_with_maintenance as (

    select
        next_treatments.person_id,
        next_treatments.first_date
    from next_treatments
    inner join exposures on next_treatments.person_id = exposures.person_id
    inner join drug_classes on exposures.ingredient = drug_classes.ingredient and drug_classes.role = 'core'
    where
        {{ days_between('next_treatments.last_date', 'next_treatments.next_date') }}
        between {{ parameter('assumed_roles', 'maintenance_from_days') }}
        and {{ parameter('assumed_roles', 'maintenance_to_days') }}
        and {{ days_between('next_treatments.next_date', 'exposures.start_date') }}
        between 0 and {{ parameter('assumed_roles', 'maintenance_seen_days') }}
    group by 1, 2
    having
        bool_and(drug_classes.is_maintenance_alone)
        and count(distinct exposures.ingredient) <= {{ parameter('assumed_roles', 'maintenance_max_drugs') }}

),

courses_of_a_donor as (

    select distinct
        courses.person_id,
        courses.first_date
    from courses
    inner join role_events as others
        on
            courses.person_id = others.person_id
            and others.role = 'donor_conditioning'
            and abs({{ days_between('courses.first_date', 'others.start_date') }})
            <= {{ parameter('assumed_roles', 'conditioning_span_days') }}

),

transplants_assumed as (

    select
        courses.person_id,
        'autologous' as kind,
        courses.first_date as first_code_date,
        courses.last_date
        + cast({{ parameter('assumed_roles', 'infusion_after_conditioning_days') }} as integer) as transplant_date
    from courses
    left join courses_with_status
        on courses.person_id = courses_with_status.person_id and courses.first_date = courses_with_status.first_date
    left join courses_with_maintenance
        on
            courses.person_id = courses_with_maintenance.person_id
            and courses.first_date = courses_with_maintenance.first_date
    left join courses_of_a_donor
        on courses.person_id = courses_of_a_donor.person_id and courses.first_date = courses_of_a_donor.first_date
    where
        (courses_with_status.person_id is not null or courses_with_maintenance.person_id is not null)
        and courses_of_a_donor.person_id is null

)

select * from transplants_assumed
