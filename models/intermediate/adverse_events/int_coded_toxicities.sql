-- One row per patient, coded term and episode: immunoglobulin replacement, myeloid neoplasms, hemophagocytic syndrome.
-- Definition: records of the term's concept sets; immunoglobulins at most replacement_gap_days apart are one episode,
-- the others are dated on their first record (definitions 1.3; algorithms 8.3 rule 8).

with events as (

    select * from {{ ref('int_events_found') }}

),

patients as (

    select * from {{ ref('patients') }}

),

roles as (

    select
        concept_set_id,
        case role
            when 'ivig' then 'immunoglobulin_replacement'
            when 'mds' then 'myelodysplastic_syndrome'
            when 'aml' then 'acute_myeloid_leukemia'
            when 'hemophagocytosis' then 'iec_hs'
        end as term
    from {{ ref('concept_set_roles') }}
    where algorithm = 'adverse_events' and role in ('ivig', 'mds', 'aml', 'hemophagocytosis')

),

days as (

    select
        events.person_id,
        roles.term,
        events.start_date,
        min(events.concept_set_id) as evidence
    from events
    inner join patients on events.person_id = patients.person_id
    inner join roles on events.concept_set_id = roles.concept_set_id
    group by events.person_id, roles.term, events.start_date

),

numbered as (

    select
        flagged.*,
        sum(is_first) over (
            partition by person_id, term order by start_date rows between unbounded preceding and current row
        ) as episode_number
    from (
        select
            days.*,
            case
                when lag(start_date) over (partition by person_id, term order by start_date) is null then 1
                when
                    term = 'immunoglobulin_replacement'
                    and {{ days_between(
                        'lag(start_date) over (partition by person_id, term order by start_date)', 'start_date'
                    ) }}
                    > {{ parameter('adverse_events', 'replacement_gap_days') }}
                    then 1
                else 0
            end as is_first
        from days
    ) as flagged

),

coded_toxicities as (

    select
        person_id,
        term,
        min(start_date) as start_date,
        max(start_date) as end_date,
        min(evidence) as evidence
    from numbered
    group by person_id, term, episode_number

)

select * from coded_toxicities
