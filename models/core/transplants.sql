-- One row per person and stem cell transplant.
-- Definition: transplant codes of a kind at most 13 days apart are one transplant, dated on the last of them; what
-- comes less than 60 days after the previous one is not counted again (algorithms 2.3 rule 3).
-- Limits: is_tandem says only that the transplant before it lies at most 180 days back.

with events as (

    select * from {{ ref('int_events_found') }}

),

roles as (

    select * from {{ ref('concept_set_roles') }}
    where algorithm = 'transplant'

),

transplant_days as (

    select distinct
        events.person_id,
        roles.role as kind,
        events.start_date
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id

),

flagged as (

    select
        transplant_days.*,
        case
            when
                {{ days_between('lag(start_date) over (partition by person_id, kind order by start_date)', 'start_date') }}
                < {{ parameter('transplants', 'sct_min_gap_days') }}
                then 0
            else 1
        end as is_first
    from transplant_days

),

clustered as (

    select
        flagged.*,
        sum(is_first) over (
            partition by person_id, kind order by start_date rows between unbounded preceding and current row
        ) as transplant_number
    from flagged

),

transplants_found as (

    select
        person_id,
        kind,
        transplant_number,
        min(start_date) as transplant_date
    from clustered
    group by 1, 2, 3

),

transplants as (

    select
        person_id,
        transplant_date,
        kind,
        coalesce(
            {{ days_between('lag(transplant_date) over (partition by person_id, kind order by transplant_date)', 'transplant_date') }}
            <= {{ parameter('transplants', 'tandem_days') }},
            false
        ) as is_tandem,
        cast(null as integer) as line_number
    from transplants_found

)

select * from transplants
