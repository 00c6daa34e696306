-- One row per patient and anchor with any sign of neurotoxicity: the evidence for it and its ASTCT grade.
-- Definition: specification toxicity 8.3 rule 7. Coded: an ICANS code in the window. Measured: an element (ICE score,
-- consciousness, seizure, motor findings, edema) that gives a grade in it (8.1). Treated: a new neurological diagnosis
-- (none in the year before) with its treatment (int_icans_treatments) within 3 days; steroids alone are not ICANS. The
-- grade is the highest coded, else the worst element (proxy_grade). A new diagnosis from day 31 to a year, parkinsonism
-- and palsies of cranial nerves among them, is late neurotoxicity, kept apart.

with signs as (select * from {{ ref('int_icans_signs') }}),

limits as (

    select
        {{ parameter('adverse_events', 'icans_from') }} as icans_from,
        {{ parameter('adverse_events', 'icans_to') }} as icans_to

),

elements as (

    select
        signs.person_id,
        signs.anchor_date,
        min(signs.day) as measured_day,
        max(signs.day) as last_day,
        max(signs.grade) as proxy_grade
    from signs
    cross join limits
    where
        signs.sign != 'icans_code'
        and signs.grade is not null
        and signs.day between limits.icans_from and limits.icans_to
    group by 1, 2

),

treated_diagnoses as (

    select
        diagnoses.person_id,
        diagnoses.anchor_date,
        min(diagnoses.day) as treated_day
    from signs as diagnoses
    cross join limits
    inner join signs as treatments
        on
            diagnoses.person_id = treatments.person_id
            and diagnoses.anchor_date = treatments.anchor_date
            and treatments.sign = 'icans_treatment'
            and abs(diagnoses.day - treatments.day) <= {{ parameter('adverse_events', 'fever_near_days') }}
    where diagnoses.sign = 'icans_sign' and diagnoses.day between limits.icans_from and limits.icans_to
    group by 1, 2

),

days_of_signs as (

    select
        signs.person_id,
        signs.anchor_date,
        min(case when sign = 'icans_code' and day between 0 and limits.icans_to then day end) as coded_day,
        max(case when sign = 'icans_code' and day between 0 and limits.icans_to then grade end) as coded_grade,
        coalesce(bool_or(sign = 'icans_sign' and day < 0), false) as had_sign_before,
        coalesce(bool_or(sign = 'late_sign' and day < 0), false) as had_late_sign_before,
        min(case when sign = 'icans_sign' and day > limits.icans_to then day end) as late_day,
        min(case when sign = 'late_sign' and day > limits.icans_to then day end) as late_sign_day
    from signs
    cross join limits
    group by 1, 2

),

onsets as (

    select
        days_of_signs.person_id,
        days_of_signs.anchor_date,
        days_of_signs.coded_day,
        days_of_signs.coded_grade,
        elements.measured_day,
        elements.last_day,
        elements.proxy_grade,
        case when not days_of_signs.had_sign_before then treated_diagnoses.treated_day end as treated_day,
        least(
            case when not days_of_signs.had_sign_before then days_of_signs.late_day end,
            case when not days_of_signs.had_late_sign_before then days_of_signs.late_sign_day end
        ) as late_day
    from days_of_signs
    left join elements
        on days_of_signs.person_id = elements.person_id and days_of_signs.anchor_date = elements.anchor_date
    left join treated_diagnoses
        on
            days_of_signs.person_id = treated_diagnoses.person_id
            and days_of_signs.anchor_date = treated_diagnoses.anchor_date

),

icans_graded as (

    select
        person_id,
        anchor_date,
        coded_grade,
        proxy_grade,
        coalesce(coded_grade, proxy_grade) as grade,
        abs(coded_grade - proxy_grade) >= 2 as is_discordant,
        case
            when coded_day is not null then 'coded'
            when measured_day is not null then 'measured'
            when treated_day is not null then 'treated'
        end as evidence_level,
        least(coded_day, measured_day, treated_day) as onset_day,
        last_day,
        late_day
    from onsets

)

select * from icans_graded
