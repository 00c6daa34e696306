-- One row per patient and anchor with a graded element of neurotoxicity: its first and last day, and the worst
-- grade.
-- Definition: an element of icans_elements (ICE score, consciousness, seizure, motor findings, edema) that gives a
-- grade in the window (algorithms 8.1, 8.3 rule 7).

with signs as (select * from {{ ref('int_icans_signs') }}),
elements as (select * from {{ ref('icans_elements') }}),

element_grades as (

    select
        signs.person_id,
        signs.anchor_date,
        signs.day,
        max(elements.grade) as grade
    from signs
    inner join elements
        on
            signs.sign = elements.element
            and coalesce(signs.value, 0) between elements.value_low and elements.value_high
    where
        signs.day between {{ parameter('adverse_events', 'icans_from') }}
        and {{ parameter('adverse_events', 'icans_to') }}
    group by 1, 2, 3

),

icans_measured as (

    select
        person_id,
        anchor_date,
        min(day) as measured_day,
        max(day) as last_day,
        max(grade) as element_grade
    from element_grades
    group by 1, 2

)

select * from icans_measured
