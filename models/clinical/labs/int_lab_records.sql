-- One row per laboratory record of a screened person, with its result read and its unit recognised.
-- Definition: a result is the record's number, else the number in its text ('<0.2', '3.0 g/dL', '2.40 (H)';
-- macros/read_result), else what a word of int_result_texts means as a quantity ('NEG', 'trace'). For the labs of
-- lab_limits that say so, '<' and a negative word count as 0 (specification records 0.7). The unit is the one of its
-- unit concept, else of its unit text however it is spelt (unit_names, macros/plain_unit), else the one behind the
-- number. A number whose own unit is another than the record's is not read, nor '1,234' of a test that the source also
-- writes as '1,2': qc.results_unread lists what stays unread. The site is the care site, else the source.
-- has_result: a number, a text or an answer is recorded, readable or not.
-- Limits: a decimal comma is not read.

with events as (select * from {{ ref('int_coded_events') }} where domain = 'measurement'),
screened_persons as (select * from {{ ref('int_screened_persons') }}),
persons as (select * from {{ ref('person') }}),
care_sites as (select * from {{ ref('care_site') }}),
lab_limits as (select * from {{ ref('lab_limits') }}),
unit_names as (select * from {{ ref('unit_names') }}),
operators as (select * from {{ ref('result_operators') }}),
result_texts as (select * from {{ ref('int_result_texts') }}),

sites as (

    select
        screened_persons.person_id,
        coalesce(care_sites.care_site_source_value, care_sites.care_site_name, screened_persons.source_name) as site_id
    from screened_persons
    inner join persons
        on
            screened_persons.source_name = persons.source_name
            and screened_persons.source_person_id = persons.source_person_id
    left join care_sites
        on persons.source_name = care_sites.source_name and persons.care_site_id = care_sites.care_site_id

),

recorded as (

    select
        events.person_id,
        sites.site_id,
        events.source_name,
        events.record_id,
        events.concept_set_id as lab,
        events.start_date as measured_date,
        events.value_number,
        case when events.value_number is null then lower(trim(events.value_text)) end as result_text,
        case when events.value_number is null then {{ result_number('events.value_text') }} end as text_number,
        case when events.value_number is null then nullif({{ result_unit('events.value_text') }}, '') end as text_unit,
        events.value_text,
        events.value_concept_id,
        events.operator_concept_id,
        nullif(events.unit_concept_id, 0) as unit_concept_id,
        nullif(trim(events.unit_text), '') as source_unit,
        events.range_low,
        events.range_high,
        lab_limits.is_zero_below_limit
    from events
    inner join sites on events.person_id = sites.person_id
    inner join lab_limits on events.concept_set_id = lab_limits.lab

),

-- the tests that a source writes with a decimal comma: there '1,234' may be either number
commas as (

    select distinct
        source_name,
        lab
    from recorded
    where regexp_extract(result_text, '^[<>=≤≥ ]*([0-9]+,[0-9]{1,2}|0,[0-9]+|[0-9]+,[0-9]{4,})([^0-9,]|$)', 1) != ''

),

-- every spelling of a unit is read once
unit_texts as (

    select distinct
        spellings.unit_text,
        unit_names.unit
    from (
        select source_unit as unit_text from recorded
        union
        select text_unit as unit_text from recorded
    ) as spellings
    inner join unit_names on {{ plain_unit('spellings.unit_text') }} = {{ plain_unit('unit_names.source_text') }}

),

united as (

    select
        recorded.*,
        coalesce(unit_concepts.unit, unit_texts.unit) as recorded_unit,
        result_units.unit as text_unit_name,
        recorded.text_number is not null
        and (recorded.text_unit is null or result_units.unit is not null)
        and coalesce(coalesce(unit_concepts.unit, unit_texts.unit) = result_units.unit, true)
        and (commas.lab is null or recorded.result_text like '%,%.%' or recorded.result_text not like '%,%')
            as is_text_read
    from recorded
    left join commas on recorded.source_name = commas.source_name and recorded.lab = commas.lab
    left join unit_names as unit_concepts
        on cast(recorded.unit_concept_id as {{ dbt.type_string() }}) = unit_concepts.source_text
    left join unit_texts on recorded.source_unit = unit_texts.unit_text
    left join unit_texts as result_units on recorded.text_unit = result_units.unit_text

),

read_results as (

    select
        recorded.*,
        coalesce(
            operators.operator,
            case
                when recorded.value_number is not null or recorded.is_text_read
                    then {{ result_operator('recorded.value_text') }}
            end
        ) as result_operator,
        coalesce(
            recorded.value_number,
            case when recorded.is_text_read then recorded.text_number end,
            case
                when recorded.is_zero_below_limit and recorded.value_number is null
                    then coalesce(words.number_if_quantity, answers.number_if_quantity)
            end
        ) as number_read
    from united as recorded
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
        coalesce(
            read_results.value_number is not null or trim(read_results.value_text) != ''
            or read_results.value_concept_id != 0,
            false
        ) as has_result,
        read_results.result_operator,
        read_results.source_unit,
        coalesce(read_results.recorded_unit, read_results.text_unit_name) as known_unit,
        read_results.recorded_unit is null and read_results.source_unit is null
        and read_results.unit_concept_id is null and read_results.text_unit_name is null as has_no_unit,
        read_results.range_low,
        read_results.range_high
    from read_results

)

select * from lab_records
