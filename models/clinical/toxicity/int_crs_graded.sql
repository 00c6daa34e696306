-- One row per patient and anchor with any sign of cytokine release: the evidence for it and its ASTCT grade.
-- Definition: specification toxicity 8.3. Coded: a CRS code in the window. Treated: tocilizumab in it with fever within
-- 3 days. Measured: fever in the first 14 days with hypotension, hypoxia, their treatment or a rise of CRP within 3
-- days and no positive culture. fever_day is the first fever, whatever stands near it. The grade is the highest coded,
-- else the proxy of 8.1: 4 two vasopressors or positive pressure, 3 one vasopressor or high-flow oxygen, 2 hypotension
-- or oxygen, 1 fever, 5 death within 30 days of a coded or treated one; tocilizumab alone sets no grade.
-- Limits: fever of an infection without culture counts; vasopressin is not counted as a vasopressor.

with signs as (select * from {{ ref('int_crs_signs') }}),

signs_in_window as (

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

treatments as (

    select
        signs_in_window.person_id,
        signs_in_window.anchor_date,
        min(least(signs_in_window.day, greatest(fevers.fever_day, 0))) as treated_day
    from signs_in_window
    inner join fevers
        on
            signs_in_window.person_id = fevers.person_id
            and signs_in_window.anchor_date = fevers.anchor_date
            and abs(signs_in_window.day - fevers.fever_day) <= {{ parameter('adverse_events', 'fever_near_days') }}
    where signs_in_window.sign = 'crs_treatment'
    group by 1, 2

),

fevers_with_company as (

    select
        fevers.person_id,
        fevers.anchor_date,
        fevers.fever_day,
        bool_or(
            signs.sign in (
                'hypotension', 'hypoxia', 'low_flow_oxygen', 'high_flow_oxygen', 'vasopressor', 'positive_pressure',
                'crp_rise'
            )
        )
        and not bool_or(signs.sign = 'blood_culture') as is_measured
    from fevers
    inner join signs
        on
            fevers.person_id = signs.person_id
            and fevers.anchor_date = signs.anchor_date
            and abs(signs.day - fevers.fever_day) <= {{ parameter('adverse_events', 'fever_near_days') }}
    where fevers.fever_day between 0 and {{ parameter('adverse_events', 'clinical_to') }}
    group by 1, 2, 3

),

first_fevers as (

    select
        person_id,
        anchor_date,
        min(case when is_measured then fever_day end) as measured_day,
        min(fever_day) as fever_day
    from fevers_with_company
    group by 1, 2

),

onsets as (

    select
        signs.person_id,
        signs.anchor_date,
        max(signs.death_date) as death_date,
        min(case when sign = 'crs_code' and day between 0 and signs.window_to then day end) as coded_day,
        cast(max(case when sign = 'crs_code' and day between 0 and signs.window_to then value end) as integer)
            as coded_grade,
        coalesce(bool_or(sign = 'crs_code' and day < 0), false) as had_code_before,
        coalesce(bool_or(sign = 'crs_treatment' and day between 0 and signs.window_to), false) as has_treatment,
        min(treatments.treated_day) as treated_day,
        min(first_fevers.measured_day) as measured_day,
        min(first_fevers.fever_day) as fever_day,
        least(
            min(case when sign = 'crs_code' and day between 0 and signs.window_to then day end),
            min(treatments.treated_day),
            min(first_fevers.measured_day)
        ) as onset_day
    from signs
    left join treatments on signs.person_id = treatments.person_id and signs.anchor_date = treatments.anchor_date
    left join first_fevers on signs.person_id = first_fevers.person_id and signs.anchor_date = first_fevers.anchor_date
    group by 1, 2

),

elements as (

    select
        onsets.person_id,
        onsets.anchor_date,
        max(signs_in_window.day) as last_day,
        count(distinct case when signs_in_window.sign = 'vasopressor' then signs_in_window.detail end)
            as vasopressor_count,
        bool_or(signs_in_window.sign = 'positive_pressure') as has_positive_pressure,
        bool_or(signs_in_window.sign = 'high_flow_oxygen') as has_high_flow,
        bool_or(signs_in_window.sign in ('hypotension', 'hypoxia', 'low_flow_oxygen', 'vasopressin'))
            as has_low_pressure_or_oxygen,
        bool_or(signs_in_window.sign = 'fever') as has_fever
    from onsets
    inner join signs_in_window
        on
            onsets.person_id = signs_in_window.person_id
            and onsets.anchor_date = signs_in_window.anchor_date
            and signs_in_window.day <= onsets.onset_day + {{ parameter('adverse_events', 'clinical_to') }}
    where signs_in_window.sign not in ('blood_culture', 'crp_rise')
    group by 1, 2

),

proxy_grades as (

    select
        onsets.*,
        elements.last_day,
        case
            when
                coalesce(onsets.coded_day, onsets.treated_day) is not null
                and {{ days_between('onsets.anchor_date', 'onsets.death_date') }}
                between 0 and {{ parameter('adverse_events', 'death_within') }}
                then 5
            when elements.has_positive_pressure or elements.vasopressor_count >= 2 then 4
            when elements.has_high_flow or elements.vasopressor_count = 1 then 3
            when elements.has_low_pressure_or_oxygen then 2
            when elements.has_fever then 1
        end as proxy_grade
    from onsets
    left join elements on onsets.person_id = elements.person_id and onsets.anchor_date = elements.anchor_date

),

crs_graded as (

    select
        person_id,
        anchor_date,
        onset_day is not null as is_any,
        has_treatment and onset_day is null as is_probable,
        coalesce(onset_day, fever_day) is not null as is_sensitive,
        had_code_before,
        case
            when coded_day is not null then 'coded'
            when treated_day is not null then 'treated'
            when measured_day is not null then 'measured'
        end as evidence_level,
        coded_grade,
        proxy_grade,
        coalesce(coded_grade, proxy_grade) as grade,
        abs(coded_grade - proxy_grade) >= 2 as is_discordant,
        onset_day,
        greatest(last_day, onset_day) + cast({{ parameter('adverse_events', 'episode_tail_days') }} as integer) as end_day,
        fever_day
    from proxy_grades

)

select * from crs_graded
