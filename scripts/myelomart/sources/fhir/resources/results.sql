-- One row per result of an Observation: its own value, else that of each component (an Observation of a panel without a
-- value gives its components alone); and one per DiagnosticReport that refers to no Observations, with its conclusion.
-- Categories of findings and answers (known_values.csv) are observations, all others measurements.

with resources as (

    select
        file_name,
        line,
        json,
        is_copy,
        resource_type,
        from_json(
            json,
            '{' || common_type() || '"code": ' || concept_type() || ', "category": [' || concept_type() || '],
            "effectiveDateTime": "VARCHAR", "effectiveInstant": "VARCHAR", "effectivePeriod": ' || period_type() || ',
            "issued": "VARCHAR", "bodySite": ' || concept_type() || ', "conclusion": "VARCHAR",
            "conclusionCode": [' || concept_type() || '], "result": [' || reference_type() || '],
            "component": [{"code": ' || concept_type() || ', ' || result_type() || '}], ' || result_type() || '}'
        ) as resource
    from lines
    where resource_type in ('Observation', 'DiagnosticReport')

),

placed as (

    select
        *,
        id_of(resource.subject.reference, 'Patient') as person,
        -- a report is issued when it is known, so that day counts only where no other is said
        coalesce(
            resource.effectiveDateTime, resource.effectiveInstant, resource.effectivePeriod.start, resource.issued
        ) as time_said,
        list_filter(
            list_transform(
                flatten(list_transform(resource.category, lambda one: one.coding)),
                lambda one: getvariable('tables')[one.code]
            ),
            lambda one: one is not null
        )[1] as named_table,
        case
            when
                len(resource.component) > 0
                and coalesce(resource.valueQuantity.value, resource.valueInteger) is null
                and resource.valueCodeableConcept is null and resource.valueString is null
                and resource.valueBoolean is null and resource.valueRange is null and resource.valueRatio is null
                then resource.component
            else list_prepend(
                {
                    'code': resource.code,
                    'valueQuantity': resource.valueQuantity,
                    'valueCodeableConcept': resource.valueCodeableConcept,
                    'valueString': resource.valueString,
                    'valueInteger': resource.valueInteger,
                    'valueBoolean': resource.valueBoolean,
                    'valueRange': resource.valueRange,
                    'valueRatio': resource.valueRatio,
                    'dataAbsentReason': resource.dataAbsentReason,
                    'interpretation': resource.interpretation,
                    'referenceRange': resource.referenceRange
                },
                resource.component
            )
        end as results
    from resources

),

parts as (

    select
        placed.*,
        unnest(results) as one,
        generate_subscripts(results, 1) - 1 as part
    from placed

),

read_parts as (

    select
        *,
        day_of(time_said) as start_day,
        best_coding(one.code) as coding,
        best_coding(one.valueCodeableConcept) as answer,
        coalesce(one.valueQuantity.value, one.valueInteger) as number
    from parts

)

select
    file_name,
    line,
    part,
    resource_type,
    coalesce(named_table, 'measurement') as target,
    resource.id as record,
    person,
    start_day,
    cast(null as date) as end_day,
    id_of(resource.encounter.reference, 'Encounter') as visit,
    source_value(coding, words_of(one.code, coding)) as source_value,
    coding.vocabulary_id,
    coding.code,
    number as value_number,
    case
        when number is null
            then coalesce(
                answer_of(one.valueCodeableConcept, answer, coding.code),
                one_line(one.valueString),
                case one.valueBoolean when true then 'yes' when false then 'no' end,
                cast(one.valueRange.low.value as varchar) || '-' || cast(one.valueRange.high.value as varchar),
                cast(one.valueRatio.numerator.value as varchar) || ':'
                || cast(one.valueRatio.denominator.value as varchar),
                case when resource_type = 'DiagnosticReport'
                    then coalesce(
                        answer_of(resource.conclusionCode[1], best_coding(resource.conclusionCode[1]), coding.code),
                        one_line(resource.conclusion)
                    ) end,
                -- an interpretation stands in for a value only where it is one: positive, not high
                meaning_of(
                    best_coding(one.interpretation[1]).system, best_coding(one.interpretation[1]).code, 'interpretation'
                )
            )
    end as value_text,
    known_value('comparator', one.valueQuantity.comparator) as operator_concept_id,
    -- the code of UCUM, else the unit as it is shown
    coalesce(
        case when plain_system(one.valueQuantity.system) = 'http://unitsofmeasure.org' then one.valueQuantity.code end,
        one.valueQuantity.unit,
        one.valueQuantity.code
    ) as unit,
    one.referenceRange[1].low.value as range_low,
    one.referenceRange[1].high.value as range_high,
    coalesce(words_of(resource.bodySite, best_coding(resource.bodySite)), best_coding(resource.bodySite).code)
        as qualifier,
    case
        when has_no_zone(time_said)
            then case time_said
                when resource.effectiveDateTime then 'effectiveDateTime'
                when resource.effectiveInstant then 'effectiveInstant'
                when resource.effectivePeriod.start then 'effectivePeriod.start'
                else 'issued'
            end
    end as zone_needed,
    case
        when resource_type = 'DiagnosticReport' and len(resource.result) > 0 then 'result: it stands in Observations'
        else refusal_of(
            is_copy, resource.modifierExtension,
            coalesce(
                refused(resource_type, 'status', resource.status),
                refused(resource_type, 'dataAbsentReason', best_coding(one.dataAbsentReason).code)
            ),
            person, start_day
        )
    end as refusal,
    json
from read_parts
