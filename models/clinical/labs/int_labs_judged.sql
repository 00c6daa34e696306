{{ config(materialized='view') }}
-- One row per laboratory record and test, with its value in the test's canonical unit or the reason why it has none.
-- Definition: specification labs 7.2. unit_rule says how the unit was known (as_given, converted, inferred, rejected).
-- A value outside the hard range, of a site whose unit is at fault, or without a number or unit is implausible and has
-- no value; is_unusual marks what lies outside the soft range and is kept. no_number: a result is there that could not
-- be read; no_value: none is.

with labs_converted as (select * from {{ ref('int_labs_converted') }}),
lab_limits as (select * from {{ ref('lab_limits') }}),
site_faults as (select * from {{ ref('int_lab_site_faults') }}),

reasoned_labs as (

    select
        labs_converted.*,
        lab_limits.canonical_unit,
        case
            when not labs_converted.has_result then 'no_value'
            when labs_converted.source_value is null then 'no_number'
            when labs_converted.factor is null then 'no_known_unit'
            when labs_converted.converted_value not between lab_limits.hard_low and lab_limits.hard_high
                then 'outside_hard_range'
            when site_faults.lab is not null then 'site_unit_fault'
        end as quality_reason,
        labs_converted.converted_value not between lab_limits.soft_low and lab_limits.soft_high as is_unusual
    from labs_converted
    inner join lab_limits on labs_converted.lab = lab_limits.lab
    left join site_faults
        on
            labs_converted.site_id = site_faults.site_id
            and labs_converted.lab = site_faults.lab
            and labs_converted.unit_used = site_faults.unit_used

),

labs_judged as (

    select
        person_id,
        site_id,
        source_name,
        record_id,
        lab,
        canonical_unit as unit,
        source_unit,
        source_text,
        result_operator,
        case
            when factor is null then 'rejected'
            when is_unit_inferred then 'inferred'
            when factor = 1 and offset_added = 0 then 'as_given'
            else 'converted'
        end as unit_rule,
        case when quality_reason is null then 'ok' else 'implausible' end as quality,
        quality_reason,
        case when quality_reason is null then converted_value end as value,
        source_value,
        case when quality_reason is null then lower_limit end as lower_limit,
        case when quality_reason is null then upper_limit end as upper_limit,
        case when quality_reason is null then is_unusual end as is_unusual,
        measured_date
    from reasoned_labs

)

select * from labs_judged
