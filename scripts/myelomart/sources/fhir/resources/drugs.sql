-- One row per MedicationRequest (an order), MedicationDispense and MedicationAdministration (a dose given); which of
-- them a record is, is its type concept. The drug stands in the resource, in a Medication that it contains, or in one
-- of the export (`medications`); the words stay with the code, because a product is found by its name where no
-- vocabulary is.

with resources as (

    select
        file_name,
        line,
        json,
        is_copy,
        resource_type,
        from_json(
            json,
            '{' || common_type() || '"context": ' || reference_type() || ', "intent": "VARCHAR",
            "doNotPerform": "BOOLEAN",
            "medicationCodeableConcept": ' || concept_type() || ', "medicationReference": ' || reference_type() || ',
            "authoredOn": "VARCHAR", "whenHandedOver": "VARCHAR", "whenPrepared": "VARCHAR",
            "effectiveDateTime": "VARCHAR",
            "effectivePeriod": ' || period_type() || ', "daysSupply": ' || quantity_type() || ',
            "quantity": ' || quantity_type() || ', "dispenseRequest": {
                "quantity": ' || quantity_type() || ', "expectedSupplyDuration": ' || quantity_type() || '
            }, "dosageInstruction": [{"route": ' || concept_type() || ', "timing": {"repeat": {
                "boundsPeriod": ' || period_type() || '
            }}}], "dosage": {"route": ' || concept_type() || ', "dose": ' || quantity_type() || '}}'
        ) as resource,
        -- one concept in an order, several in a dose
        from_json(
            json_extract(json, ['$.statusReason', '$.statusReason[0]', '$.statusReasonCodeableConcept'])[
                case when json_type(json, '$.statusReason') = 'ARRAY' then 2
                    when json_type(json, '$.statusReason') = 'OBJECT' then 1 else 3 end
            ],
            concept_type()
        ) as stop_reason,
        from_json(
            json_extract(json, '$.contained'), '[{"id": "VARCHAR", "code": ' || concept_type() || '}]'
        ) as contained
    from lines
    where resource_type in ('MedicationRequest', 'MedicationDispense', 'MedicationAdministration')

),

named as (

    select
        resources.*,
        coalesce(
            resources.resource.medicationCodeableConcept,
            case
                when resources.resource.medicationReference.reference like '#%'
                    then list_filter(
                        resources.contained,
                        lambda one: '#' || ltrim(one.id, '#') = resources.resource.medicationReference.reference
                    )[1].code
            end,
            medications.concept,
            case
                when resources.resource.medicationReference.display is not null
                    then {'text': resources.resource.medicationReference.display, 'coding': null}
            end
        ) as drug,
        id_of(resources.resource.subject.reference, 'Patient') as person,
        coalesce(
            day_of(resources.resource.effectiveDateTime),
            day_of(resources.resource.effectivePeriod.start),
            day_of(resources.resource.whenHandedOver),
            day_of(resources.resource.whenPrepared),
            day_of(resources.resource.dosageInstruction[1].timing.repeat.boundsPeriod.start),
            day_of(resources.resource.authoredOn)
        ) as start_day
    from resources
    left join medications
        on id_of(resources.resource.medicationReference.reference, 'Medication') = medications.medication

),

coded as (

    select
        *,
        best_coding(drug) as coding,
        coalesce(resource.dosage.route, resource.dosageInstruction[1].route) as way
    from named

)

select
    file_name,
    line,
    0 as part,
    resource_type,
    'drug_exposure' as target,
    resource.id as record,
    person,
    start_day,
    coalesce(
        day_of(resource.effectivePeriod.end), day_of(resource.dosageInstruction[1].timing.repeat.boundsPeriod.end)
    ) as end_day,
    id_of(coalesce(resource.encounter.reference, resource.context.reference), 'Encounter') as visit,
    source_value(coding, words_of(drug, coding)) as source_value,
    coding.vocabulary_id as vocabulary_id,
    coding.code as code,
    known_value('record_type', resource_type) as type_concept_id,
    words_of(stop_reason, best_coding(stop_reason)) as stop_reason,
    coalesce(resource.quantity.value, resource.dispenseRequest.quantity.value, resource.dosage.dose.value) as quantity,
    case
        when coalesce(resource.daysSupply.code, resource.daysSupply.unit, 'd') in ('d', 'day', 'days')
            then resource.daysSupply.value
    end as days_dispensed,
    case
        when
            coalesce(
                resource.dispenseRequest.expectedSupplyDuration.code,
                resource.dispenseRequest.expectedSupplyDuration.unit, 'd'
            ) in ('d', 'day', 'days')
            then resource.dispenseRequest.expectedSupplyDuration.value
    end as days_ordered,
    coalesce(words_of(way, best_coding(way)), best_coding(way).code) as route,
    case
        when has_no_zone(resource.effectiveDateTime) then 'effectiveDateTime'
        when has_no_zone(resource.effectivePeriod.start) then 'effectivePeriod.start'
        when has_no_zone(resource.effectivePeriod.end) then 'effectivePeriod.end'
        when has_no_zone(resource.whenHandedOver) then 'whenHandedOver'
        when has_no_zone(resource.dosageInstruction[1].timing.repeat.boundsPeriod.start) then 'dosageInstruction'
        when start_day is null and has_no_zone(resource.whenPrepared) then 'whenPrepared'
        when start_day is null and has_no_zone(resource.authoredOn) then 'authoredOn'
    end as zone_needed,
    coalesce(
        refusal_of(
            is_copy, resource.modifierExtension,
            coalesce(
                refused(resource_type, 'status', resource.status),
                refused(resource_type, 'intent', resource.intent),
                refused(resource_type, 'doNotPerform', cast(resource.doNotPerform as varchar))
            ),
            person, start_day
        ),
        case when drug is null then 'medication: it names none that is in the export' end
    ) as refusal,
    json
from coded
