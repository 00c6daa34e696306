-- One row per patient and anchor with any sign of cytokine release: its tiers and ASTCT grade.
-- Definition: algorithms 8.3. Coded: a CRS code in the window. Treated: tocilizumab in it with fever within 3 days.
-- Measured: fever in the first 14 days with hypotension, hypoxia, their treatment or a rise of CRP within 3 days and
-- no positive culture. The grade is the highest coded, else the proxy of 8.1: 4 two vasopressors or positive
-- pressure, 3 one vasopressor or high-flow oxygen, 2 hypotension or oxygen, 1 fever, 5 death within 30 days of a
-- coded or treated one; tocilizumab alone sets no grade. is_coded is NULL before the codes existed.
-- Limits: fever of an infection without culture counts; vasopressin is not counted as a vasopressor.

with signs as (

    select * from {{ ref('int_crs_signs') }}

),

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

gathered as (

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

),

elements as (

    select
        gathered.person_id,
        gathered.anchor_date,
        max(in_window.day) as last_day,
        count(distinct case when in_window.sign = 'vasopressor' then in_window.detail end) as vasopressor_count,
        bool_or(in_window.sign = 'positive_pressure') as has_positive_pressure,
        bool_or(in_window.sign = 'high_flow_oxygen') as has_high_flow,
        bool_or(in_window.sign in ('hypotension', 'hypoxia', 'low_flow_oxygen', 'vasopressin'))
            as has_low_pressure_or_oxygen,
        bool_or(in_window.sign = 'fever') as has_fever
    from gathered
    inner join in_window
        on
            gathered.person_id = in_window.person_id
            and gathered.anchor_date = in_window.anchor_date
            and in_window.day <= least(gathered.coded_day, gathered.treated_day, gathered.measured_day)
            + {{ parameter('adverse_events', 'clinical_to') }}
    where in_window.sign not in ('blood_culture', 'crp_rise')
    group by 1, 2

),

graded as (

    select
        gathered.*,
        elements.last_day,
        case
            when
                coalesce(gathered.coded_day, gathered.treated_day) is not null
                and {{ days_between('gathered.anchor_date', 'gathered.death_date') }}
                between 0 and {{ parameter('adverse_events', 'death_within') }}
                then 5
            when elements.has_positive_pressure or elements.vasopressor_count >= 2 then 4
            when elements.has_high_flow or elements.vasopressor_count = 1 then 3
            when elements.has_low_pressure_or_oxygen then 2
            when elements.has_fever then 1
        end as proxy_grade
    from gathered
    left join elements
        on gathered.person_id = elements.person_id and gathered.anchor_date = elements.anchor_date

),

crs_graded as (

    select
        person_id,
        anchor_date,
        case
            when
                {{ yyyymmdd('anchor_date') }} >= {{ parameter('adverse_events', 'crs_code_starts') }}
                or coded_day is not null
                then coded_day is not null
        end as is_coded,
        treated_day is not null as is_treated,
        measured_day is not null as is_measured,
        coalesce(coded_day, treated_day, measured_day) is not null as is_any,
        has_treatment and coalesce(coded_day, treated_day, measured_day) is null as is_probable,
        coalesce(coded_day, treated_day, measured_day, fever_day) is not null as is_sensitive,
        had_code_before,
        case
            when coded_day is not null then 'coded'
            when treated_day is not null then 'treated'
            when measured_day is not null then 'measured'
        end as tier,
        cast(coded_grade as integer) as coded_grade,
        proxy_grade,
        coalesce(cast(coded_grade as integer), proxy_grade) as grade,
        case when coded_grade is not null then 'coded' when proxy_grade is not null then 'proxy' end as grade_source,
        abs(coded_grade - proxy_grade) >= 2 as is_discordant,
        least(coded_day, treated_day, measured_day) as onset_day,
        greatest(last_day, least(coded_day, treated_day, measured_day))
        + cast({{ parameter('adverse_events', 'episode_tail_days') }} as integer) as end_day,
        fever_day
    from graded

)

select * from crs_graded
