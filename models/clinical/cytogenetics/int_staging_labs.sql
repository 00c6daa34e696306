-- One row per patient, anchor (diagnosis, infusion) and day to be staged: the laboratory values that count for it.
-- Definition: the value nearest the day, at most 30 days from it; at diagnosis not later than 7 days into the first
-- line, at an infusion not after it (specification cytogenetics 12.3, Greipp 2005, Palumbo 2015, D'Agostino 2022). The
-- limit of LDH is the record's own, else 250 U/L.
-- Limits: a stage at an infusion is descriptive; it was validated at diagnosis only.

with labs as (

    select * from {{ ref('labs') }}
    where quality = 'ok' and lab in ('beta_2_microglobulin', 'albumin', 'ldh', 'creatinine')

),

patients as (select * from {{ ref('int_myeloma_patients') }}),

first_lines as (select * from {{ ref('lines_of_therapy') }} where line_number = 1),
cell_therapies as (select * from {{ ref('cell_therapies') }}),

anchors as (

    select
        patients.person_id,
        'diagnosis' as anchor,
        patients.myeloma_diagnosis_date as anchor_date,
        coalesce(
            first_lines.line_start_date + cast({{ parameter('staging', 'days_into_therapy') }} as integer),
            patients.myeloma_diagnosis_date + cast({{ parameter('staging', 'window_days') }} as integer)
        ) as latest_date
    from patients
    left join first_lines on patients.person_id = first_lines.person_id
    union all
    select
        person_id,
        'infusion' as anchor,
        infusion_date as anchor_date,
        infusion_date as latest_date
    from cell_therapies

),

ranked_labs as (

    select
        anchors.person_id,
        anchors.anchor,
        anchors.anchor_date,
        labs.lab,
        labs.value,
        labs.upper_limit,
        row_number() over (
            partition by anchors.person_id, anchors.anchor, anchors.anchor_date, labs.lab
            order by
                abs({{ days_between('anchors.anchor_date', 'labs.measured_date') }}),
                labs.measured_date,
                labs.value desc,
                labs.record_id
        ) as nearness
    from anchors
    inner join labs
        on
            anchors.person_id = labs.person_id
            and anchors.latest_date >= labs.measured_date
            and abs({{ days_between('anchors.anchor_date', 'labs.measured_date') }})
            <= {{ parameter('staging', 'window_days') }}

),

staging_labs as (

    select
        person_id,
        anchor,
        anchor_date,
        max(case when lab = 'beta_2_microglobulin' then value end) as beta_2_microglobulin,
        max(case when lab = 'albumin' then value end) as albumin,
        max(case when lab = 'creatinine' then value end) as creatinine,
        max(case when lab = 'ldh' then value end) as ldh,
        coalesce(max(case when lab = 'ldh' then upper_limit end), {{ parameter('staging', 'ldh_upper_limit') }})
            as ldh_upper_limit
    from ranked_labs
    where nearness = 1
    group by 1, 2, 3

)

select * from staging_labs
