-- One row per laboratory record without a unit whose unit could be inferred.
-- Definition: exactly one allowed unit puts the value into the soft range, and the site's modal unit for the test is
-- that unit (algorithms 7.2 rule 2). Units of the same factor are one unit.

with lab_records as (

    select * from {{ ref('int_lab_records') }}
    where has_no_unit and source_value is not null

),

lab_units as (

    select * from {{ ref('lab_units') }}
    where coalesce(reads_as, '') = ''

),

lab_limits as (select * from {{ ref('lab_limits') }}),
modal_units as (select * from {{ ref('int_lab_modal_units') }}),

plausible_units as (

    select
        lab_records.source_name,
        lab_records.record_id,
        lab_records.lab,
        lab_records.site_id,
        count(distinct lab_units.factor) as plausible_factors,
        max(lab_units.factor) as factor
    from lab_records
    inner join lab_units on lab_records.lab = lab_units.lab
    inner join lab_limits on lab_records.lab = lab_limits.lab
    where
        lab_records.source_value * lab_units.factor + lab_units.offset_added
        between lab_limits.soft_low and lab_limits.soft_high
    group by 1, 2, 3, 4

),

units_inferred as (

    select
        plausible_units.source_name,
        plausible_units.record_id,
        plausible_units.lab,
        modal_units.modal_unit as inferred_unit
    from plausible_units
    inner join modal_units
        on plausible_units.site_id = modal_units.site_id and plausible_units.lab = modal_units.lab
    inner join lab_units
        on
            modal_units.lab = lab_units.lab
            and modal_units.modal_unit = lab_units.unit
            and plausible_units.factor = lab_units.factor
    where plausible_units.plausible_factors = 1

)

select * from units_inferred
