-- One row per patient, anchor, sign of cytokine release, its detail, value and day, from 30 days before the anchor to
-- 35 after it.
-- Definition: codes of CRS (value: the grade, NULL when unspecified), fever, tocilizumab and the like, hypotension,
-- hypoxia, oxygen, vasopressors by agent, positive pressure, a positive blood culture, and what was measured: a
-- temperature of at least 38.0 °C, a systolic pressure below 90 mmHg, an oxygen saturation below 90 %, oxygen by its
-- flow (more than 6 L/min is high flow), and CRP of at least 10 mg/L that is at least twice its value before the anchor
-- (specification toxicity 8.1, 8.3, Lee 2019).

with time_zeros as (select * from {{ ref('int_toxicity_time_zeros') }}),
events as (select * from {{ ref('int_coded_events') }}),
roles as (select * from {{ ref('concept_set_roles') }} where algorithm = 'adverse_events'),
findings as (select * from {{ ref('int_findings') }} where is_present),

labs as (

    select * from {{ ref('int_labs_by_day') }}
    where lab in ('body_temperature', 'systolic_blood_pressure', 'oxygen_saturation', 'oxygen_flow', 'crp')

),

crp_baselines as (

    select
        time_zeros.person_id,
        time_zeros.anchor_date,
        max_by(labs.value, labs.measured_date) as baseline
    from time_zeros
    inner join labs
        on
            time_zeros.person_id = labs.person_id
            and labs.lab = 'crp'
            and {{ days_between('time_zeros.anchor_date', 'labs.measured_date') }}
            between {{ parameter('labs', 'baseline_from_day') }} and -1
    group by 1, 2

),

recorded_signs as (

    select
        person_id,
        'crs_code' as sign,
        concept_set_id as detail,
        try_cast(nullif(replace(concept_set_id, 'crs_grade_', ''), 'crs') as double) as value,
        start_date as sign_date
    from events
    where concept_set_id = 'crs' or concept_set_id like 'crs_grade_%'
    union all
    select
        events.person_id,
        roles.role as sign,
        events.concept_set_id as detail,
        cast(null as double) as value,
        events.start_date as sign_date
    from events
    inner join roles on events.concept_set_id = roles.concept_set_id
    where
        roles.role in (
            'crs_treatment', 'vasopressor', 'vasopressin', 'positive_pressure', 'hypotension', 'hypoxia', 'fever'
        )
        -- oxygen as a procedure was given; as an observation it has an answer (findings)
        or (roles.role in ('low_flow_oxygen', 'high_flow_oxygen') and events.domain = 'procedure')
    union all
    select
        person_id,
        finding as sign,
        finding as detail,
        cast(null as double) as value,
        found_date as sign_date
    from findings
    where finding in ('low_flow_oxygen', 'high_flow_oxygen', 'blood_culture')
    union all
    select
        person_id,
        case lab
            when 'body_temperature' then 'fever'
            when 'systolic_blood_pressure' then 'hypotension'
            when 'oxygen_saturation' then 'hypoxia'
            when 'oxygen_flow'
                then
                    case
                        when highest > {{ parameter('adverse_events', 'low_flow_l_min') }} then 'high_flow_oxygen'
                        else 'low_flow_oxygen'
                    end
        end as sign,
        lab as detail,
        case lab when 'oxygen_flow' then highest else value end as value,
        measured_date as sign_date
    from labs
    where
        (lab = 'body_temperature' and highest >= {{ parameter('adverse_events', 'fever_celsius') }})
        or (lab = 'systolic_blood_pressure' and lowest < {{ parameter('adverse_events', 'hypotension_mm_hg') }})
        or (lab = 'oxygen_saturation' and lowest < {{ parameter('adverse_events', 'hypoxia_percent') }})
        or (lab = 'oxygen_flow' and highest > 0)

),

crp_rises as (

    select
        time_zeros.*,
        'crp_rise' as sign,
        'crp' as detail,
        labs.highest as value,
        labs.measured_date as sign_date
    from time_zeros
    inner join crp_baselines
        on time_zeros.person_id = crp_baselines.person_id and time_zeros.anchor_date = crp_baselines.anchor_date
    inner join labs
        on
            time_zeros.person_id = labs.person_id
            and labs.lab = 'crp'
            and time_zeros.anchor_date <= labs.measured_date
    where
        labs.highest >= {{ parameter('adverse_events', 'crp_rise_mg_l') }}
        and labs.highest >= crp_baselines.baseline * {{ parameter('adverse_events', 'crp_rise_factor') }}

),

signs as (

    select
        time_zeros.*,
        recorded_signs.sign,
        recorded_signs.detail,
        recorded_signs.value,
        recorded_signs.sign_date
    from time_zeros
    inner join recorded_signs on time_zeros.person_id = recorded_signs.person_id
    union all
    select * from crp_rises

),

crs_signs as (

    select distinct
        person_id,
        anchor_date,
        window_to,
        death_date,
        sign,
        detail,
        value,
        {{ days_between('anchor_date', 'sign_date') }} as day
    from signs
    where
        {{ days_between('anchor_date', 'sign_date') }}
        between {{ parameter('adverse_events', 'signs_from') }} and {{ parameter('adverse_events', 'signs_to') }}

)

select * from crs_signs
