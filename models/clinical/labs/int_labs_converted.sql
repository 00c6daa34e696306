{{ config(materialized='view') }}
-- One row per laboratory record, converted to the test's canonical unit as far as its unit is known.
-- Definition: the factor of lab_units for the recognised or inferred unit (algorithms 7.2). A unit can show that the
-- record is another test (reads_as: a percentage filed under a cell count). A reference range of 0 to 0 says nothing
-- and is empty.

with lab_records as (select * from {{ ref('int_lab_records') }}),
units_inferred as (select * from {{ ref('int_lab_units_inferred') }}),
lab_units as (select * from {{ ref('lab_units') }}),

labs_converted as (

    select
        lab_records.person_id,
        lab_records.site_id,
        lab_records.source_name,
        lab_records.record_id,
        coalesce(nullif(lab_units.reads_as, ''), lab_records.lab) as lab,
        lab_records.measured_date,
        lab_records.source_value,
        lab_records.source_text,
        lab_records.result_operator,
        lab_records.source_unit,
        coalesce(lab_records.known_unit, units_inferred.inferred_unit) as unit_used,
        units_inferred.inferred_unit is not null as is_unit_inferred,
        lab_units.factor,
        lab_units.offset_added,
        lab_records.source_value * lab_units.factor + lab_units.offset_added as converted_value,
        case
            when lab_records.range_low != 0 or lab_records.range_high != 0
                then nullif(lab_records.range_low, 0) * lab_units.factor + lab_units.offset_added
        end as lower_limit,
        case
            when lab_records.range_low != 0 or lab_records.range_high != 0
                then nullif(lab_records.range_high, 0) * lab_units.factor + lab_units.offset_added
        end as upper_limit
    from lab_records
    left join units_inferred
        on
            lab_records.has_no_unit
            and lab_records.source_name = units_inferred.source_name
            and lab_records.record_id = units_inferred.record_id
            and lab_records.lab = units_inferred.lab
    left join lab_units
        on
            lab_records.lab = lab_units.lab
            and coalesce(lab_records.known_unit, units_inferred.inferred_unit) = lab_units.unit

)

select * from labs_converted
