-- One row per patient, anchor, sign of cytokine release and day, from 30 days before the anchor to 35 after it.
-- Definition: codes of CRS (value: the grade, NULL when unspecified), fever (its code), tocilizumab and the like,
-- hypotension, hypoxia, oxygen, vasopressors by agent, positive pressure, a positive blood culture (algorithms 8.1,
-- 8.3), and what was measured (int_crs_measurements).

with anchors as (select * from {{ ref('int_toxicity_time_zeros') }}),
events as (select * from {{ ref('int_coded_events') }}),

roles as (

    select * from {{ ref('concept_set_roles') }}
    where algorithm = 'adverse_events'

),

measured as (select * from {{ ref('int_crs_measurements') }}),

findings as (

    select * from {{ ref('int_findings') }}
    where is_present

),

coded as (

    select
        person_id,
        'crs_code' as sign,
        start_date as sign_date,
        concept_set_id as detail,
        try_cast(nullif(replace(concept_set_id, 'crs_grade_', ''), 'crs') as double) as value
    from events
    where concept_set_id = 'crs' or concept_set_id like 'crs_grade_%'

),

recorded as (

    select
        events.person_id,
        roles.role as sign,
        events.start_date as sign_date,
        events.concept_set_id as detail,
        cast(null as double) as value
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id
    where
        roles.role in (
            'crs_treatment', 'vasopressor', 'vasopressin', 'positive_pressure', 'hypotension', 'hypoxia', 'fever'
        )
        -- oxygen as a procedure was given; as an observation it has an answer (charted)
        or (roles.role in ('low_flow_oxygen', 'high_flow_oxygen') and events.domain = 'procedure')

),

charted as (

    select
        person_id,
        finding as sign,
        found_date as sign_date,
        finding as detail,
        cast(null as double) as value
    from findings
    where finding in ('low_flow_oxygen', 'high_flow_oxygen', 'blood_culture')

),

everything as (

    select * from coded
    union all
    select * from recorded
    union all
    select * from charted

),

crs_signs as (

    select distinct
        anchors.person_id,
        anchors.anchor_date,
        anchors.window_to,
        anchors.death_date,
        everything.sign,
        everything.detail,
        everything.value,
        {{ days_between('anchors.anchor_date', 'everything.sign_date') }} as day
    from anchors
    inner join everything
        on
            anchors.person_id = everything.person_id
            and {{ days_between('anchors.anchor_date', 'everything.sign_date') }}
            between {{ parameter('adverse_events', 'signs_from') }} and {{ parameter('adverse_events', 'signs_to') }}
    union
    select * from measured

)

select * from crs_signs
