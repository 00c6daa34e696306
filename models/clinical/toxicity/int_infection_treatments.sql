-- One row per patient and act that makes an infection severe: a stay, intensive care, septic shock, a vasopressor, an
-- antimicrobial into a vein on two days in a row.
-- Definition: concept_set_roles, algorithm adverse_events (algorithms 8.4); route_words. An agent that is also given
-- by mouth (vancomycin, levofloxacin) counts where its route or its text says into a vein.
-- Limits: the stay's main diagnosis is not read; such an agent without a route is not counted.

with events as (select * from {{ ref('int_coded_events') }}),
source_codes as (select * from {{ ref('int_source_codes') }}),

roles as (

    select * from {{ ref('concept_set_roles') }}
    where algorithm = 'adverse_events'

),

vein_words as (

    select {{ plain_words('source_text') }} as words from {{ ref('route_words') }}
    where route = 'intravenous'

),

acts as (

    select distinct
        events.person_id,
        roles.role,
        events.concept_set_id,
        events.start_date,
        events.end_date
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id
    where roles.role in ('septic_shock', 'inpatient', 'intensive_care', 'vasopressor', 'iv_antimicrobial')
    union
    select
        events.person_id,
        'iv_antimicrobial' as role,
        events.concept_set_id,
        events.start_date,
        events.end_date
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id and roles.role = 'antimicrobial'
    inner join source_codes on events.code_key = source_codes.code_key
    inner join vein_words
        on
            {{ plain_words('events.route_text') }} like '%' || vein_words.words || '%'
            or {{ plain_words('source_codes.source_code') }} like '%' || vein_words.words || '%'

),

-- antimicrobial days, each with whether the day before or after it also had one
antimicrobial_days as (

    select
        person_id,
        start_date,
        end_date,
        end_date > start_date
        or coalesce(
            start_date - 1
            = lag(start_date) over (partition by person_id order by start_date, end_date, concept_set_id),
            false
        )
        or coalesce(
            start_date + 1
            = lead(start_date) over (partition by person_id order by start_date, end_date, concept_set_id),
            false
        )
            as is_two_days
    from acts
    where role = 'iv_antimicrobial'

),

infection_treatments as (

    select
        person_id,
        role,
        start_date,
        end_date
    from acts
    where role in ('septic_shock', 'inpatient', 'intensive_care', 'vasopressor')
    union all
    select
        person_id,
        'iv_antimicrobial' as role,
        start_date,
        end_date
    from antimicrobial_days
    where is_two_days

)

select * from infection_treatments
