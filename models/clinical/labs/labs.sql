-- One row per patient, laboratory test, day and source record, in the test's canonical unit: what was recorded, and
-- values derived from several records of a day.
-- Definition: specification labs 7.2 (int_labs_judged); derived values (unit_rule derived: bands of M-protein added up,
-- percentages times the leukocytes, urine times its volume, calcium corrected for albumin) carry the first of their
-- records (int_labs_derived).
-- Rows lie by test and person: who asks for a few tests leaves most of the mart unread.
-- Limits: several values of one day stay several rows; int_labs_by_day resolves them. Units and faults of a site are
-- told from the values of all persons screened for myeloma; here are those of patients.

with labs_judged as (select * from {{ ref('int_labs_judged') }}),
labs_derived as (select * from {{ ref('int_labs_derived') }}),
patients as (select * from {{ ref('int_myeloma_patients') }}),

all_labs as (

    select * from labs_judged
    union all
    select
        person_id,
        site_id,
        source_name,
        record_id,
        lab,
        unit,
        cast(null as {{ dbt.type_string() }}) as source_unit,
        cast(null as {{ dbt.type_string() }}) as source_text,
        cast(null as {{ dbt.type_string() }}) as result_operator,
        'derived' as unit_rule,
        'ok' as quality,
        cast(null as {{ dbt.type_string() }}) as quality_reason,
        value,
        cast(null as double) as source_value,
        cast(null as double) as lower_limit,
        cast(null as double) as upper_limit,
        is_unusual,
        measured_date
    from labs_derived

),

labs as (

    select all_labs.*
    from all_labs
    inner join patients on all_labs.person_id = patients.person_id
    order by all_labs.lab, all_labs.person_id

)

select * from labs
