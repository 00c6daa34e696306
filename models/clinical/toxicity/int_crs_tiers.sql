-- One row per patient and anchor with any sign of cytokine release: the first day that each tier of evidence shows.
-- Definition: algorithms 8.3. Coded: a CRS code in the window. Treated: tocilizumab in it with fever within 3 days.
-- Measured: fever in the first 14 days with hypotension, hypoxia, their treatment or a rise of CRP within 3 days and
-- no positive culture. fever_day is the first fever, whatever stands near it.
-- Limits: fever of an infection without culture counts.

with signs as (select * from {{ ref('int_crs_signs') }}),

in_window as (

    select * from signs
    where day between {{ parameter('adverse_events', 'crs_from') }} and window_to

),

fevers as (

    select distinct
        person_id,
        anchor_date,
        day as fever_day
    from signs
    where sign = 'fever'

),

treated as (

    select
        in_window.person_id,
        in_window.anchor_date,
        min(least(in_window.day, greatest(fevers.fever_day, 0))) as treated_day
    from in_window
    inner join fevers
        on
            in_window.person_id = fevers.person_id
            and in_window.anchor_date = fevers.anchor_date
            and abs(in_window.day - fevers.fever_day) <= {{ parameter('adverse_events', 'fever_near_days') }}
    where in_window.sign = 'crs_treatment'
    group by 1, 2

),

-- a fever with what stands near it
fevers_seen as (

    select
        fevers.person_id,
        fevers.anchor_date,
        fevers.fever_day,
        bool_or(
            signs.sign in (
                'hypotension', 'hypoxia', 'low_flow_oxygen', 'high_flow_oxygen', 'vasopressor', 'positive_pressure',
                'crp_rise'
            )
        ) as has_company,
        bool_or(signs.sign = 'blood_culture') as has_culture
    from fevers
    inner join signs
        on
            fevers.person_id = signs.person_id
            and fevers.anchor_date = signs.anchor_date
            and abs(signs.day - fevers.fever_day) <= {{ parameter('adverse_events', 'fever_near_days') }}
    where fevers.fever_day between 0 and {{ parameter('adverse_events', 'clinical_to') }}
    group by 1, 2, 3

),

measured as (

    select
        person_id,
        anchor_date,
        min(case when has_company and not has_culture then fever_day end) as measured_day,
        min(fever_day) as fever_day
    from fevers_seen
    group by 1, 2

),

crs_tiers as (

    select
        signs.person_id,
        signs.anchor_date,
        max(signs.death_date) as death_date,
        max(signs.window_to) as window_to,
        min(case when sign = 'crs_code' and day between 0 and signs.window_to then day end) as coded_day,
        max(case when sign = 'crs_code' and day between 0 and signs.window_to then value end) as coded_grade,
        coalesce(bool_or(sign = 'crs_code' and day < 0), false) as had_code_before,
        coalesce(bool_or(sign = 'crs_treatment' and day between 0 and signs.window_to), false) as has_treatment,
        min(treated.treated_day) as treated_day,
        min(measured.measured_day) as measured_day,
        min(measured.fever_day) as fever_day
    from signs
    left join treated on signs.person_id = treated.person_id and signs.anchor_date = treated.anchor_date
    left join measured on signs.person_id = measured.person_id and signs.anchor_date = measured.anchor_date
    group by 1, 2

)

select * from crs_tiers
