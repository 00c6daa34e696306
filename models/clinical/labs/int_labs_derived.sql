-- One row per person, derived laboratory test and day on which its parts were measured and it was not.
-- Definition: derived_labs: the sum of the bands of M-protein, a percentage of the differential times the leukocytes,
-- urine M-protein per volume times the 24-hour volume, calcium corrected for albumin (specification responses 4.2,
-- specification labs 7.2). Each part, and what it is multiplied with or corrected for, is the day's median; a value
-- that the source itself gives for the day goes before any sum or product, a sum before a product.
-- Limits: parts count on the same day only. A band that was not reported is not known to be absent.

with labs as (select * from {{ ref('int_labs_judged') }} where quality = 'ok'),
derived_labs as (select * from {{ ref('derived_labs') }}),
lab_limits as (select * from {{ ref('lab_limits') }}),

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

computed_labs as (

    select
        parts.person_id,
        parts.lab,
        parts.measured_date,
        parts.operation,
        min(parts.site_id) as site_id,
        min(parts.source_name) as source_name,
        min(parts.record_id) as record_id,
        round(
            sum(
                case parts.operation
                    when 'sum' then parts.value
                    when 'product' then parts.value * other_parts.value * parts.factor
                    when 'weighted' then parts.value + other_parts.value * parts.factor + parts.offset_added
                end
            ),
            6
        ) as value
    from parts
    left join other_parts
        on
            parts.person_id = other_parts.person_id
            and parts.measured_date = other_parts.measured_date
            and parts.lab = other_parts.lab
            and parts.part = other_parts.part
    where parts.operation = 'sum' or other_parts.value is not null
    group by 1, 2, 3, 4

),

ranked_labs as (

    select
        computed_labs.*,
        row_number() over (
            partition by person_id, lab, measured_date order by case operation when 'sum' then 1 else 2 end, operation
        ) as operation_rank
    from computed_labs

),

labs_derived as (

    select
        ranked_labs.person_id,
        ranked_labs.site_id,
        ranked_labs.source_name,
        ranked_labs.record_id,
        ranked_labs.lab,
        lab_limits.canonical_unit as unit,
        ranked_labs.value,
        ranked_labs.value not between lab_limits.soft_low and lab_limits.soft_high as is_unusual,
        ranked_labs.measured_date
    from ranked_labs
    inner join lab_limits on ranked_labs.lab = lab_limits.lab
    left join labs
        on
            ranked_labs.person_id = labs.person_id
            and ranked_labs.lab = labs.lab
            and ranked_labs.measured_date = labs.measured_date
    where
        ranked_labs.operation_rank = 1
        and labs.lab is null
        and ranked_labs.value between lab_limits.hard_low and lab_limits.hard_high

)

select * from labs_derived
