-- One row per patient and anchor with any sign of cytokine release: its tiers and ASTCT grade.
-- Definition: algorithms 8.3. The tiers are those of int_crs_tiers. The grade is the highest coded, else the proxy
-- of 8.1: 4 two vasopressors or positive pressure, 3 one vasopressor or high-flow oxygen, 2 hypotension or oxygen,
-- 1 fever, 5 death within 30 days of a coded or treated one; tocilizumab alone sets no grade. is_coded is NULL
-- before the codes existed.
-- Limits: vasopressin is not counted as a vasopressor.

with in_window as (

    select * from {{ ref('int_crs_signs') }}
    where day between {{ parameter('adverse_events', 'crs_from') }} and window_to

),

tiers as (select * from {{ ref('int_crs_tiers') }}),

elements as (

    select
        tiers.person_id,
        tiers.anchor_date,
        max(in_window.day) as last_day,
        count(distinct case when in_window.sign = 'vasopressor' then in_window.detail end) as vasopressor_count,
        bool_or(in_window.sign = 'positive_pressure') as has_positive_pressure,
        bool_or(in_window.sign = 'high_flow_oxygen') as has_high_flow,
        bool_or(in_window.sign in ('hypotension', 'hypoxia', 'low_flow_oxygen', 'vasopressin'))
            as has_low_pressure_or_oxygen,
        bool_or(in_window.sign = 'fever') as has_fever
    from tiers
    inner join in_window
        on
            tiers.person_id = in_window.person_id
            and tiers.anchor_date = in_window.anchor_date
            and in_window.day <= least(tiers.coded_day, tiers.treated_day, tiers.measured_day)
            + {{ parameter('adverse_events', 'clinical_to') }}
    where in_window.sign not in ('blood_culture', 'crp_rise')
    group by 1, 2

),

graded as (

    select
        tiers.*,
        elements.last_day,
        case
            when
                coalesce(tiers.coded_day, tiers.treated_day) is not null
                and {{ days_between('tiers.anchor_date', 'tiers.death_date') }}
                between 0 and {{ parameter('adverse_events', 'death_within') }}
                then 5
            when elements.has_positive_pressure or elements.vasopressor_count >= 2 then 4
            when elements.has_high_flow or elements.vasopressor_count = 1 then 3
            when elements.has_low_pressure_or_oxygen then 2
            when elements.has_fever then 1
        end as proxy_grade
    from tiers
    left join elements
        on tiers.person_id = elements.person_id and tiers.anchor_date = elements.anchor_date

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
