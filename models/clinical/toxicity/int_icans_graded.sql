-- One row per patient and anchor with any sign of neurotoxicity: its tiers and ASTCT grade.
-- Definition: algorithms 8.3 rule 7. Coded: an ICANS code in the window. Measured: an element that gives a grade
-- (int_icans_measured). Treated: a new neurological diagnosis (none in the year before) with its treatment
-- (int_icans_treatments) within 3 days; steroids alone are not ICANS. The grade is the highest coded, else the
-- worst element. A new diagnosis from day 31 to a year, parkinsonism and palsies of cranial nerves among them, is
-- late neurotoxicity, kept apart. is_coded is NULL before the codes existed.

with signs as (select * from {{ ref('int_icans_signs') }}),
measured as (select * from {{ ref('int_icans_measured') }}),

gathered as (

    select
        person_id,
        anchor_date,
        min(
            case
                when sign = 'icans_code' and day between 0 and {{ parameter('adverse_events', 'icans_to') }} then day
            end
        ) as coded_day,
        max(
            case
                when sign = 'icans_code' and day between 0 and {{ parameter('adverse_events', 'icans_to') }} then value
            end
        ) as coded_grade,
        coalesce(bool_or(sign = 'icans_sign' and day < 0), false) as had_sign_before,
        coalesce(bool_or(sign = 'late_sign' and day < 0), false) as had_late_sign_before,
        min(case when sign = 'icans_sign' and day > {{ parameter('adverse_events', 'icans_to') }} then day end)
            as late_day,
        min(case when sign = 'late_sign' and day > {{ parameter('adverse_events', 'icans_to') }} then day end)
            as late_sign_day
    from signs
    group by 1, 2

),

treated as (

    select
        diagnoses.person_id,
        diagnoses.anchor_date,
        min(diagnoses.day) as treated_day
    from signs as diagnoses
    inner join signs as treatments
        on
            diagnoses.person_id = treatments.person_id
            and diagnoses.anchor_date = treatments.anchor_date
            and treatments.sign = 'icans_treatment'
            and abs(diagnoses.day - treatments.day) <= {{ parameter('adverse_events', 'fever_near_days') }}
    where
        diagnoses.sign = 'icans_sign'
        and diagnoses.day between {{ parameter('adverse_events', 'icans_from') }}
        and {{ parameter('adverse_events', 'icans_to') }}
    group by 1, 2

),

icans_graded as (

    select
        gathered.person_id,
        gathered.anchor_date,
        case
            when
                {{ yyyymmdd('gathered.anchor_date') }} >= {{ parameter('adverse_events', 'icans_code_starts') }}
                or gathered.coded_day is not null
                then gathered.coded_day is not null
        end as is_coded,
        case when not gathered.had_sign_before then treated.treated_day end is not null as is_treated,
        measured.measured_day is not null as is_measured,
        cast(gathered.coded_grade as integer) as coded_grade,
        measured.element_grade,
        coalesce(cast(gathered.coded_grade as integer), measured.element_grade) as grade,
        case
            when gathered.coded_day is not null then 'coded'
            when measured.measured_day is not null then 'measured'
            when treated.treated_day is not null and not gathered.had_sign_before then 'treated'
        end as tier,
        least(
            gathered.coded_day, measured.measured_day,
            case when not gathered.had_sign_before then treated.treated_day end
        ) as onset_day,
        measured.last_day,
        least(
            case when not gathered.had_sign_before then gathered.late_day end,
            case when not gathered.had_late_sign_before then gathered.late_sign_day end
        ) as late_day
    from gathered
    left join measured on gathered.person_id = measured.person_id and gathered.anchor_date = measured.anchor_date
    left join treated on gathered.person_id = treated.person_id and gathered.anchor_date = treated.anchor_date

)

select * from icans_graded
