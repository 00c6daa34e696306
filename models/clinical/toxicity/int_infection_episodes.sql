-- One row per patient and episode of infection, severe or not.
-- Definition: algorithms 8.4: infection records less than infection_gap_days apart are one episode.
-- Limits: a fever without organism or site is no infection record.

with events as (select * from {{ ref('int_coded_events') }}),

roles as (

    select * from {{ ref('concept_set_roles') }}
    where algorithm = 'adverse_events'

),

infection_days as (

    select distinct
        events.person_id,
        events.start_date
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id
    where roles.role = 'infection'

),

flagged as (

    select
        person_id,
        start_date,
        case
            when
                {{ days_between('lag(start_date) over (partition by person_id order by start_date)', 'start_date') }}
                < {{ parameter('adverse_events', 'infection_gap_days') }}
                then 0
            else 1
        end as is_first
    from infection_days

),

numbered as (

    select
        flagged.*,
        sum(is_first) over (partition by person_id order by start_date rows between unbounded preceding and current row)
            as episode_number
    from flagged

),

infection_episodes as (

    select
        person_id,
        episode_number,
        min(start_date) as start_date,
        max(start_date) as end_date
    from numbered
    group by 1, 2

)

select * from infection_episodes
