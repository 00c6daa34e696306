-- One row per patient, coded term and episode: immunoglobulin replacement, myeloid neoplasms, hemophagocytic syndrome,
-- anemia that was transfused.
-- Definition: records of the term's concept sets; treatments (immunoglobulins, red cells) at most replacement_gap_days
-- apart are one episode, the others are dated on their first record (specification studies D1.3; specification toxicity
-- 8.3 rule 8). A transfusion of red cells is anemia of grade 3 in both versions of CTCAE (specification labs 7.1).

with events as (select * from {{ ref('int_coded_events') }}),
patients as (select * from {{ ref('patients') }}),

roles as (

    select
        concept_set_id,
        case role
            when 'ivig' then 'immunoglobulin_replacement'
            when 'mds' then 'myelodysplastic_syndrome'
            when 'aml' then 'acute_myeloid_leukemia'
            when 'hemophagocytosis' then 'iec_hs'
            when 'red_cells' then 'anemia'
        end as term,
        role in ('ivig', 'red_cells') as is_treatment
    from {{ ref('concept_set_roles') }}
    where algorithm = 'adverse_events' and role in ('ivig', 'mds', 'aml', 'hemophagocytosis', 'red_cells')

),

treatment_days as (

    select
        events.person_id,
        roles.term,
        roles.is_treatment,
        events.start_date,
        min(events.concept_set_id) as evidence
    from events
    inner join patients on events.person_id = patients.person_id
    inner join roles on events.concept_set_id = roles.concept_set_id
    group by events.person_id, roles.term, roles.is_treatment, events.start_date

),

numbered_days as (

    select
        flagged_days.*,
        sum(is_first) over (
            partition by person_id, term order by start_date rows between unbounded preceding and current row
        ) as episode_number
    from (
        select
            treatment_days.*,
            case
                when lag(start_date) over (partition by person_id, term order by start_date) is null then 1
                when
                    is_treatment
                    and {{ days_between(
                        'lag(start_date) over (partition by person_id, term order by start_date)', 'start_date'
                    ) }}
                    > {{ parameter('adverse_events', 'replacement_gap_days') }}
                    then 1
                else 0
            end as is_first
        from treatment_days
    ) as flagged_days

),

coded_toxicities as (

    select
        person_id,
        term,
        case when is_treatment then 'treated' else 'coded' end as evidence_level,
        case term when 'anemia' then 3 end as grade,
        case
            when term = 'anemia'
                then 'CTCAE ' || cast(cast({{ parameter('labs', 'ctcae_version') }} as integer) as {{ dbt.type_string() }})
        end as grading_system,
        min(start_date) as start_date,
        max(start_date) as end_date,
        min(evidence) as evidence
    from numbered_days
    group by person_id, term, is_treatment, episode_number

)

select * from coded_toxicities
