-- One row per statement that a screened person died (int_deaths_stated), with what becomes of it.
-- Definition: specification patients 5.3. A day that is followed by activity more than death_grace_days later is
-- refuted, each statement by itself. Of those that hold, the one of the first kind, and among these the earliest, is
-- taken; a statement without a day is taken where no day holds: died, on an unknown day.

with stated as (select * from {{ ref('int_deaths_stated') }}),
contacts as (select * from {{ ref('int_contacts') }}),

refuted as (

    select
        stated.*,
        coalesce(
            {{ days_between('stated.stated_date', 'contacts.activity_date') }}
            > {{ parameter('last_contact', 'death_grace_days') }},
            false
        ) as is_refuted
    from stated
    left join contacts on stated.person_id = contacts.person_id

),

ranked as (

    select
        refuted.*,
        row_number() over (
            partition by person_id
            order by is_refuted, stated_date is null, evidence_rank, stated_date nulls last, evidence
        ) as preference
    from refuted

),

deaths_judged as (

    select
        person_id,
        evidence,
        evidence_rank,
        stated_date,
        is_refuted,
        preference,
        preference = 1 and not is_refuted as is_taken
    from ranked

)

select * from deaths_judged
