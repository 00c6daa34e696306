-- One row per laboratory record and test, converted to the test's canonical unit as far as its unit is known.
-- Definition: the factor of lab_units for the recognised unit, else for the inferred one (specification labs 7.2). A
-- record without a unit has the unit in which its site gives at least modal_unit_min_share of the test's values, when
-- that unit and no other puts the value into the soft range (rule 2; units of the same factor are one). A unit can show
-- that the record is another test (reads_as: a percentage filed under a cell count). A reference range of 0 to 0 says
-- nothing and is empty.
-- Limits: nothing is inferred where a site never gives a unit.

with lab_records as (select * from {{ ref('int_lab_records') }}),
lab_limits as (select * from {{ ref('lab_limits') }}),
lab_units as (select * from {{ ref('lab_units') }}),

unit_counts as (

    select
        site_id,
        lab,
        known_unit,
        count(*) as value_count
    from lab_records
    where known_unit is not null
    group by 1, 2, 3

),

ranked_units as (

    select
        unit_counts.*,
        sum(value_count) over (partition by site_id, lab) as site_count,
        row_number() over (partition by site_id, lab order by value_count desc, known_unit asc) as unit_rank
    from unit_counts

),

modal_units as (

    select
        site_id,
        lab,
        known_unit as modal_unit
    from ranked_units
    where unit_rank = 1 and value_count >= site_count * {{ parameter('labs', 'modal_unit_min_share') }}

),

plausible_factors as (

    select
        lab_records.source_name,
        lab_records.record_id,
        lab_records.lab,
        lab_records.site_id,
        count(distinct lab_units.factor) as factor_count,
        max(lab_units.factor) as factor
    from lab_records
    inner join lab_units on lab_records.lab = lab_units.lab and coalesce(lab_units.reads_as, '') = ''
    inner join lab_limits on lab_records.lab = lab_limits.lab
    where
        lab_records.has_no_unit
        and lab_records.source_value * lab_units.factor + lab_units.offset_added
        between lab_limits.soft_low and lab_limits.soft_high
    group by 1, 2, 3, 4

),

inferred_units as (

    select
        plausible_factors.source_name,
        plausible_factors.record_id,
        plausible_factors.lab,
        modal_units.modal_unit as inferred_unit
    from plausible_factors
    inner join modal_units
        on plausible_factors.site_id = modal_units.site_id and plausible_factors.lab = modal_units.lab
    inner join lab_units
        on
            modal_units.lab = lab_units.lab
            and modal_units.modal_unit = lab_units.unit
            and coalesce(lab_units.reads_as, '') = ''
            and plausible_factors.factor = lab_units.factor
    where plausible_factors.factor_count = 1

),

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
        lab_records.has_result,
        lab_records.result_operator,
        lab_records.source_unit,
        coalesce(lab_records.known_unit, inferred_units.inferred_unit) as unit_used,
        inferred_units.inferred_unit is not null as is_unit_inferred,
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
    left join inferred_units
        on
            lab_records.source_name = inferred_units.source_name
            and lab_records.record_id = inferred_units.record_id
            and lab_records.lab = inferred_units.lab
    left join lab_units
        on
            lab_records.lab = lab_units.lab
            and coalesce(lab_records.known_unit, inferred_units.inferred_unit) = lab_units.unit

)

select * from labs_converted
