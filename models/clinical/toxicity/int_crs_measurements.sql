{{ config(materialized='ephemeral') }}
-- One row per patient, anchor, measured sign of cytokine release and day.
-- Definition: a temperature of at least 38.0 °C, a systolic pressure below 90 mmHg, an oxygen saturation below 90 %,
-- oxygen by its flow (more than 6 L/min is high flow), and CRP of at least 10 mg/L that is at least twice its value
-- before the anchor (algorithms 8.1, 8.3).

with anchors as (select * from {{ ref('int_toxicity_time_zeros') }}),

labs as (

    select * from {{ ref('int_labs_by_day') }}
    where lab in ('body_temperature', 'systolic_blood_pressure', 'oxygen_saturation', 'oxygen_flow', 'crp')

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

near_anchors as (

    select
        anchors.*,
        labs.lab,
        labs.lowest,
        labs.highest,
        labs.value,
        crp_before.baseline,
        {{ days_between('anchors.anchor_date', 'labs.measured_date') }} as day
    from anchors
    inner join labs
        on
            anchors.person_id = labs.person_id
            and {{ days_between('anchors.anchor_date', 'labs.measured_date') }}
            between {{ parameter('adverse_events', 'signs_from') }} and {{ parameter('adverse_events', 'signs_to') }}
    left join crp_before
        on anchors.person_id = crp_before.person_id and anchors.anchor_date = crp_before.anchor_date

),

crs_measurements as (

    select
        person_id,
        anchor_date,
        window_to,
        death_date,
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
            when 'crp' then 'crp_rise'
        end as sign,
        lab as detail,
        case when lab in ('crp', 'oxygen_flow') then highest else value end as value,
        day
    from near_anchors
    where
        (lab = 'body_temperature' and highest >= {{ parameter('adverse_events', 'fever_celsius') }})
        or (lab = 'systolic_blood_pressure' and lowest < {{ parameter('adverse_events', 'hypotension_mm_hg') }})
        or (lab = 'oxygen_saturation' and lowest < {{ parameter('adverse_events', 'hypoxia_percent') }})
        or (lab = 'oxygen_flow' and highest > 0)
        or (
            lab = 'crp'
            and day >= 0
            and highest >= {{ parameter('adverse_events', 'crp_rise_mg_l') }}
            and highest >= baseline * {{ parameter('adverse_events', 'crp_rise_factor') }}
        )

)

select * from crs_measurements
