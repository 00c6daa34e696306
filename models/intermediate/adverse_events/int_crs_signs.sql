-- One row per patient, anchor, sign of cytokine release and day, from 30 days before the anchor to 35 after it.
-- Definition: codes of CRS (value: the grade, NULL when unspecified), fever (38.0 °C or its code), tocilizumab and the
-- like, hypotension, hypoxia, oxygen, vasopressors by agent, positive pressure, a rise of CRP, a positive blood culture
-- (algorithms 8.1, 8.3).

with anchors as (

    select * from {{ ref('int_toxicity_anchors') }}

),

events as (

    select * from {{ ref('int_events_found') }}

),

roles as (

    select * from {{ ref('concept_set_roles') }}
    where algorithm = 'adverse_events'

),

labs as (

    select * from {{ ref('int_labs_by_day') }}

),

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

),

measured as (

    select
        person_id,
        case lab
            when 'body_temperature' then 'fever'
            when 'systolic_blood_pressure' then 'hypotension'
            when 'oxygen_saturation' then 'hypoxia'
        end as sign,
        measured_date as sign_date,
        lab as detail,
        value
    from labs
    where
        (lab = 'body_temperature' and highest >= {{ parameter('adverse_events', 'fever_celsius') }})
        or (lab = 'systolic_blood_pressure' and lowest < {{ parameter('adverse_events', 'hypotension_mm_hg') }})
        or (lab = 'oxygen_saturation' and lowest < {{ parameter('adverse_events', 'hypoxia_percent') }})

),

crp_before as (

    select
        anchors.person_id,
        anchors.anchor_date,
        max_by(labs.value, labs.measured_date) as baseline
    from anchors
    inner join labs
        on
            anchors.person_id = labs.person_id
            and labs.lab = 'crp'
            and {{ days_between('anchors.anchor_date', 'labs.measured_date') }}
            between {{ parameter('labs', 'baseline_from_day') }} and -1
    group by 1, 2

),

crp_risen as (

    select
        labs.person_id,
        crp_before.anchor_date,
        'crp_rise' as sign,
        labs.measured_date as sign_date,
        'crp' as detail,
        labs.highest as value
    from labs
    inner join crp_before on labs.person_id = crp_before.person_id
    where
        labs.lab = 'crp'
        and labs.measured_date >= crp_before.anchor_date
        and labs.highest >= {{ parameter('adverse_events', 'crp_rise_mg_l') }}
        and labs.highest >= crp_before.baseline * {{ parameter('adverse_events', 'crp_rise_factor') }}

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
    select * from measured
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
            and {{ days_between('anchors.anchor_date', 'everything.sign_date') }} between -30 and 35
    union
    select
        anchors.person_id,
        anchors.anchor_date,
        anchors.window_to,
        anchors.death_date,
        crp_risen.sign,
        crp_risen.detail,
        crp_risen.value,
        {{ days_between('anchors.anchor_date', 'crp_risen.sign_date') }} as day
    from anchors
    inner join crp_risen
        on
            anchors.person_id = crp_risen.person_id
            and anchors.anchor_date = crp_risen.anchor_date
            and {{ days_between('anchors.anchor_date', 'crp_risen.sign_date') }} between -30 and 35

)

select * from crs_signs
