-- One row per laboratory record of a patient, with its result read and its unit recognised.
-- Definition: a result is the record's number, else the number in its text ('<0.2'), else what a word of
-- int_result_texts means as a quantity ('NEG', 'trace'). For the labs of lab_limits that say so, '<' and a negative
-- word count as 0 (algorithms 0). The unit is the one of its unit concept, else of its unit text, however it is spelt
-- (unit_names, macros/plain_unit).
-- Limits: a decimal comma is not read.

with events as (

    select * from {{ ref('int_coded_events') }}
    where domain = 'measurement'

),

patients as (select * from {{ ref('int_myeloma_patients') }}),
lab_limits as (select * from {{ ref('lab_limits') }}),
unit_names as (select * from {{ ref('unit_names') }}),
operators as (select * from {{ ref('result_operators') }}),
result_texts as (select * from {{ ref('int_result_texts') }}),

recorded as (

    select
        events.person_id,
        patients.site_id,
        events.source_name,
        events.record_id,
        events.concept_set_id as lab,
        events.start_date as measured_date,
        events.value_number,
        case when events.value_number is null then lower(trim(events.value_text)) end as result_text,
        events.value_text,
        events.value_concept_id,
        events.operator_concept_id,
        nullif(events.unit_concept_id, 0) as unit_concept_id,
        nullif(trim(events.unit_text), '') as source_unit,
        events.range_low,
        events.range_high,
        lab_limits.is_zero_below_limit
    from events
    inner join patients on events.person_id = patients.person_id
    inner join lab_limits on events.concept_set_id = lab_limits.lab

),

-- every spelling of a unit is read once
unit_texts as (

    select distinct
        recorded_units.source_unit,
        unit_names.unit
    from (select distinct source_unit from recorded) as recorded_units
    inner join unit_names on {{ plain_unit('recorded_units.source_unit') }} = {{ plain_unit('unit_names.source_text') }}

),

read_results as (

    select
        recorded.*,
        coalesce(operators.operator, nullif(regexp_extract(recorded.value_text, '^[ ]*([<>]=?)[ ]*[0-9]', 1), ''))
            as result_operator,
        coalesce(
            recorded.value_number,
            cast(nullif(regexp_extract(recorded.result_text, '^[<>]?=?[ ]*([0-9]+[.]?[0-9]*)[ ]*$', 1), '') as double),
            case
                when recorded.is_zero_below_limit and recorded.value_number is null
                    then coalesce(words.number_if_quantity, answers.number_if_quantity)
            end
        ) as number_read
    from recorded
    left join operators on recorded.operator_concept_id = operators.operator_concept_id
    left join result_texts as words on recorded.result_text = words.source_text
    left join result_texts as answers
        on cast(recorded.value_concept_id as {{ dbt.type_string() }}) = answers.source_text

),

lab_records as (

    select
        read_results.person_id,
        read_results.site_id,
        read_results.source_name,
        read_results.record_id,
        read_results.lab,
        read_results.measured_date,
        case
            when read_results.is_zero_below_limit and read_results.result_operator in ('<', '<=') then 0
            else read_results.number_read
        end as source_value,
        read_results.value_text as source_text,
        read_results.result_operator,
        read_results.source_unit,
        coalesce(unit_concepts.unit, unit_texts.unit) as known_unit,
        unit_concepts.unit is null and unit_texts.unit is null and read_results.source_unit is null
        and read_results.unit_concept_id is null as has_no_unit,
        read_results.range_low,
        read_results.range_high
    from read_results
    left join unit_names as unit_concepts
        on cast(read_results.unit_concept_id as {{ dbt.type_string() }}) = unit_concepts.source_text
    left join unit_texts on read_results.source_unit = unit_texts.source_unit

)

select * from lab_records
