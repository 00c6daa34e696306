-- One row per person, derived laboratory test, part of it and day on which that part was measured.
-- Definition: derived_labs names the parts; a part is the day's median, other_value that of what it is multiplied
-- with or corrected for on the same day, NULL where there is none.
-- Limits: parts count on the same day only.

with labs as (

    select
        person_id,
        site_id,
        source_name,
        record_id,
        lab,
        measured_date,
        value
    from {{ ref('int_labs_judged') }}
    where quality = 'ok'

),

derived_labs as (select * from {{ ref('derived_labs') }}),

parts as (

    select
        labs.person_id,
        labs.measured_date,
        derived_labs.lab,
        derived_labs.operation,
        derived_labs.part,
        derived_labs.other_part,
        derived_labs.factor,
        derived_labs.offset_added,
        min(labs.site_id) as site_id,
        min(labs.source_name) as source_name,
        min(labs.record_id) as record_id,
        percentile_cont(0.5) within group (order by labs.value) as value
    from labs
    inner join derived_labs on labs.lab = derived_labs.part
    group by 1, 2, 3, 4, 5, 6, 7, 8

),

other_parts as (

    select
        parts.person_id,
        parts.measured_date,
        parts.lab,
        parts.part,
        percentile_cont(0.5) within group (order by labs.value) as value
    from parts
    inner join labs
        on
            parts.person_id = labs.person_id
            and parts.measured_date = labs.measured_date
            and parts.other_part = labs.lab
    group by 1, 2, 3, 4

),

lab_parts as (

    select
        parts.*,
        other_parts.value as other_value
    from parts
    left join other_parts
        on
            parts.person_id = other_parts.person_id
            and parts.measured_date = other_parts.measured_date
            and parts.lab = other_parts.lab
            and parts.part = other_parts.part

)

select * from lab_parts
