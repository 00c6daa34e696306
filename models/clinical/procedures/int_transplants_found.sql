-- One row per person and stem cell transplant, before lines of therapy are known.
-- Definition: transplant codes of a kind at most 13 days apart are one transplant, dated on the last of them; what
-- comes less than 60 days after the previous transplant is not counted again (specification procedures 2.3 rule 3). A
-- code that does not say whose cells (S2150) is of an autologous transplant, unless an allogeneic one is coded within
-- 60 days. is_assumed: the kind rests on such codes alone, or the transplant itself on its conditioning
-- (int_transplants_assumed), where no code of any transplant lies within 60 days.
-- Limits: a run of codes each less than 60 days after the one before counts once, however long it lasts.

with events as (select * from {{ ref('int_coded_events') }}),
roles as (select * from {{ ref('concept_set_roles') }} where algorithm = 'transplant'),
transplants_assumed as (select * from {{ ref('int_transplants_assumed') }}),

role_days as (

    select distinct
        events.person_id,
        roles.role,
        events.start_date
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id

),

allogeneic_days as (select * from role_days where role = 'allogeneic'),

code_days as (

    select
        role_days.person_id,
        case role_days.role when 'unspecified' then 'autologous' else role_days.role end as kind,
        role_days.start_date,
        bool_and(role_days.role = 'unspecified') as is_unspecified
    from role_days
    left join allogeneic_days
        on
            role_days.role = 'unspecified'
            and role_days.person_id = allogeneic_days.person_id
            and abs({{ days_between('role_days.start_date', 'allogeneic_days.start_date') }})
            < {{ parameter('transplants', 'sct_min_gap_days') }}
    where allogeneic_days.person_id is null
    group by 1, 2, 3

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
        min(start_date) as first_code_date,
        max(start_date) as transplant_date,
        bool_and(is_unspecified) as is_assumed
    from numbered
    group by person_id, kind, cluster_number
    union all
    select
        transplants_assumed.person_id,
        transplants_assumed.kind,
        transplants_assumed.first_code_date,
        transplants_assumed.transplant_date,
        true as is_assumed
    from transplants_assumed
    left join role_days
        on
            transplants_assumed.person_id = role_days.person_id
            and abs({{ days_between('transplants_assumed.transplant_date', 'role_days.start_date') }})
            < {{ parameter('transplants', 'sct_min_gap_days') }}
    where role_days.person_id is null

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
        transplant_date,
        is_assumed
    from spaced
    where
        days_since_previous is null
        or days_since_previous >= {{ parameter('transplants', 'sct_min_gap_days') }}

)

select * from transplants_found
