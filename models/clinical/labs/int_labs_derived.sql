-- One row per person, derived laboratory test and day on which its parts were measured and it was not.
-- Definition: derived_labs: the sum of the bands of M-protein, a percentage of the differential times the leukocytes,
-- urine M-protein per volume times the 24-hour volume, calcium corrected for albumin (algorithms 4.2, 7.2). Each part
-- is the day's median; a value that the source itself gives for the day goes before any sum or product, a sum before
-- a product.
-- Limits: parts count on the same day only. A band that was not reported is not known to be absent.

with labs as (

    select * from {{ ref('int_labs_judged') }}
    where quality = 'ok'

),

lab_parts as (select * from {{ ref('int_lab_parts') }}),
lab_limits as (select * from {{ ref('lab_limits') }}),

computed as (

    select
        lab_parts.person_id,
        lab_parts.lab,
        lab_parts.measured_date,
        lab_parts.operation,
        min(lab_parts.site_id) as site_id,
        min(lab_parts.source_name) as source_name,
        min(lab_parts.record_id) as record_id,
        round(
            sum(
                case lab_parts.operation
                    when 'sum' then lab_parts.value
                    when 'product' then lab_parts.value * lab_parts.other_value * lab_parts.factor
                    when 'weighted'
                        then lab_parts.value + lab_parts.other_value * lab_parts.factor + lab_parts.offset_added
                end
            ),
            6
        ) as value
    from lab_parts
    where lab_parts.operation = 'sum' or lab_parts.other_value is not null
    group by 1, 2, 3, 4

),

ranked as (

    select
        computed.*,
        row_number() over (
            partition by person_id, lab, measured_date order by case operation when 'sum' then 1 else 2 end, operation
        ) as operation_rank
    from computed

),

labs_derived as (

    select
        ranked.person_id,
        ranked.site_id,
        ranked.source_name,
        ranked.record_id,
        ranked.lab,
        lab_limits.canonical_unit as unit,
        ranked.value,
        ranked.value not between lab_limits.soft_low and lab_limits.soft_high as is_unusual,
        ranked.measured_date
    from ranked
    inner join lab_limits on ranked.lab = lab_limits.lab
    left join labs
        on
            ranked.person_id = labs.person_id
            and ranked.lab = labs.lab
            and ranked.measured_date = labs.measured_date
    where
        ranked.operation_rank = 1
        and labs.lab is null
        and ranked.value between lab_limits.hard_low and lab_limits.hard_high

)

select * from labs_derived
