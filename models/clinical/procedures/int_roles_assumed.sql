-- One row per person, ingredient and day of a dose that prepares a transplant or an infusion which no code states.
-- Definition: specification procedures 2.3 rule 6. Lymphodepletion: fludarabine with cyclophosphamide at most 5 days
-- away, whether or not an infusion follows. Mobilisation: cyclophosphamide on at most 2 days of a course (doses at most
-- 60 days apart), with a collection of stem cells, plerixafor or a growth factor from that day to 21 days after; not
-- between apheresis and infusion of CAR-T cells, where it bridges.
-- Limits: one or two doses of a regimen that was given up, with a growth factor, read as mobilisation.

with events as (select * from {{ ref('int_coded_events') }}),
exposures as (select * from {{ ref('int_drug_exposures_deduplicated') }}),
cell_therapies as (select * from {{ ref('int_cell_therapies_found') }}),
roles as (select * from {{ ref('concept_set_roles') }} where algorithm = 'assumed_roles'),

role_doses as (

    select
        exposures.person_id,
        exposures.ingredient,
        exposures.start_date,
        roles.role
    from exposures
    inner join roles on exposures.ingredient = roles.concept_set_id

),

lymphodepletions as (

    select
        leads.person_id,
        leads.ingredient as lead_ingredient,
        leads.start_date as lead_date,
        partners.ingredient as partner_ingredient,
        partners.start_date as partner_date
    from role_doses as leads
    inner join role_doses as partners
        on
            leads.person_id = partners.person_id
            and partners.role = 'lymphodepletion_partner'
            and abs({{ days_between('leads.start_date', 'partners.start_date') }})
            <= {{ parameter('assumed_roles', 'lymphodepletion_pair_days') }}
    where leads.role = 'lymphodepletion_lead'

),

spaced_doses as (

    select
        role_doses.*,
        coalesce(
            {{ days_between(
                'lag(start_date) over (partition by person_id, ingredient order by start_date)', 'start_date'
            ) }} <= {{ parameter('assumed_roles', 'course_days') }},
            false
        ) as is_same_course
    from role_doses
    where role = 'mobilising_drug'

),

numbered_doses as (

    select
        spaced_doses.*,
        sum(case when is_same_course then 0 else 1 end) over (
            partition by person_id, ingredient order by start_date rows between unbounded preceding and current row
        ) as course_number
    from spaced_doses

),

counted_doses as (

    select
        numbered_doses.*,
        count(*) over (partition by person_id, ingredient, course_number) as course_dates
    from numbered_doses

),

mobilisation_signs as (

    select
        events.person_id,
        events.start_date
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id
    where roles.role = 'mobilisation_sign'

),

mobilisations as (

    select distinct
        counted_doses.person_id,
        counted_doses.ingredient,
        counted_doses.start_date
    from counted_doses
    inner join mobilisation_signs
        on
            counted_doses.person_id = mobilisation_signs.person_id
            and {{ days_between('counted_doses.start_date', 'mobilisation_signs.start_date') }}
            between 0 and {{ parameter('assumed_roles', 'mobilisation_sign_days') }}
    left join cell_therapies
        on
            counted_doses.person_id = cell_therapies.person_id
            and counted_doses.start_date >= cell_therapies.apheresis_date
            and counted_doses.start_date < cell_therapies.infusion_date
    where
        counted_doses.course_dates <= {{ parameter('assumed_roles', 'course_max_dates') }}
        and cell_therapies.person_id is null

),

doses as (

    select
        person_id,
        lead_ingredient as ingredient,
        lead_date as start_date,
        'lymphodepletion' as role
    from lymphodepletions
    union
    select
        person_id,
        partner_ingredient as ingredient,
        partner_date as start_date,
        'lymphodepletion' as role
    from lymphodepletions
    union
    select
        person_id,
        ingredient,
        start_date,
        'mobilisation' as role
    from mobilisations

),

-- lymphodepletion before mobilisation
roles_assumed as (

    select
        person_id,
        ingredient,
        start_date,
        min(role) as role
    from doses
    group by 1, 2, 3

)

select * from roles_assumed
