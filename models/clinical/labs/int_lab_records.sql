-- One row per laboratory record of a screened person, with its result read and its unit recognised.
-- Definition: a result is the record's number, else the number in its text ('<0.2'), else what a word of result_texts
-- means as a quantity ('NEG', 'trace'). For the labs of lab_limits that say so, '<' and a negative word count as 0
-- (algorithms 0). The unit is the one of its unit concept, else of its unit text (unit_names). The site is the care
-- site, else the source.
-- Limits: a decimal comma is not read.

with events as (select * from {{ ref('int_coded_events') }} where domain = 'measurement'),
screened_persons as (select * from {{ ref('int_screened_persons') }}),
persons as (select * from {{ ref('person') }}),
care_sites as (select * from {{ ref('care_site') }}),
lab_limits as (select * from {{ ref('lab_limits') }}),
unit_names as (select * from {{ ref('unit_names') }}),
operators as (select * from {{ ref('result_operators') }}),
result_texts as (select * from {{ ref('result_texts') }}),

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

records as (

    select
        events.person_id,
        sites.site_id,
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
    inner join sites on events.person_id = sites.person_id
    inner join lab_limits on events.concept_set_id = lab_limits.lab

),

results as (

    select
        records.*,
        coalesce(operators.operator, nullif(regexp_extract(records.value_text, '^[ ]*([<>]=?)[ ]*[0-9]', 1), ''))
            as result_operator,
        coalesce(
            records.value_number,
            cast(nullif(regexp_extract(records.result_text, '^[<>]?=?[ ]*([0-9]+[.]?[0-9]*)[ ]*$', 1), '') as double),
            case
                when records.is_zero_below_limit and records.value_number is null
                    then coalesce(words.number_if_quantity, answers.number_if_quantity)
            end
        ) as number_read
    from records
    left join operators on records.operator_concept_id = operators.operator_concept_id
    left join result_texts as words on records.result_text = words.source_text
    left join result_texts as answers
        on cast(records.value_concept_id as {{ dbt.type_string() }}) = answers.source_text

),

lab_records as (

    select
        results.person_id,
        results.site_id,
        results.source_name,
        results.record_id,
        results.lab,
        results.measured_date,
        case
            when results.is_zero_below_limit and results.result_operator in ('<', '<=') then 0
            else results.number_read
        end as source_value,
        results.value_text as source_text,
        results.result_operator,
        results.source_unit,
        coalesce(unit_concepts.unit, unit_texts.unit) as known_unit,
        unit_concepts.unit is null and unit_texts.unit is null and results.source_unit is null
        and results.unit_concept_id is null as has_no_unit,
        results.range_low,
        results.range_high
    from results
    left join unit_names as unit_concepts
        on cast(results.unit_concept_id as {{ dbt.type_string() }}) = unit_concepts.source_text
    left join unit_names as unit_texts on lower(results.source_unit) = unit_texts.source_text

)

select * from lab_records
