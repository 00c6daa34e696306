-- One row per person and stem cell transplant, before lines of therapy are known.
-- Definition: transplant codes of a kind at most 13 days apart are one transplant, dated on the last of them; what
-- comes less than 60 days after the previous transplant is not counted again (specification procedures 2.3 rule 3).
-- Limits: a run of codes each less than 60 days after the one before counts once, however long it lasts.

with events as (select * from {{ ref('int_coded_events') }}),
roles as (select * from {{ ref('concept_set_roles') }} where algorithm = 'transplant'),

code_days as (

    select distinct
        events.person_id,
        roles.role as kind,
        events.start_date
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id

),

flagged as (

    select
        code_days.*,
        case
            when
                {{ days_between('lag(start_date) over (partition by person_id, kind order by start_date)', 'start_date') }}
                <= {{ parameter('transplants', 'sct_cluster_days') }}
                then 0
            else 1
        end as opens_cluster
    from code_days

),

numbered as (

    select
        flagged.*,
        sum(opens_cluster) over (
            partition by person_id, kind order by start_date rows between unbounded preceding and current row
        ) as cluster_number
    from flagged

),

clusters as (

    select
        person_id,
        kind,
        cluster_number,
        min(start_date) as first_code_date,
        max(start_date) as transplant_date
    from numbered
    group by 1, 2, 3

),

spaced as (

    select
        clusters.*,
        {{ days_between(
            'lag(transplant_date) over (partition by person_id, kind order by transplant_date)', 'transplant_date'
        ) }} as days_since_previous
    from clusters

),

transplants_found as (

    select
        person_id,
        kind,
        first_code_date,
        transplant_date
    from spaced
    where
        days_since_previous is null
        or days_since_previous >= {{ parameter('transplants', 'sct_min_gap_days') }}

)

select * from transplants_found
