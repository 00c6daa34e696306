-- One row per Condition, as a diagnosis, and one more for mCODE's morphology (histology-morphology-behavior) where it
-- is a code of ICD-O-3, with the topography of the body site behind it: 9734/3-C34.1. The day is the whole day of the
-- onset, else the one on which it was recorded.

with resources as (

    select
        file_name,
        line,
        json,
        is_copy,
        from_json(
            json,
            '{' || common_type() || '"code": ' || concept_type() || ', "verificationStatus": ' || concept_type() || ',
            "onsetDateTime": "VARCHAR", "onsetPeriod": ' || period_type() || ', "recordedDate": "VARCHAR",
            "abatementDateTime": "VARCHAR", "bodySite": [' || concept_type() || '],
            "extension": [{"url": "VARCHAR", "valueCodeableConcept": ' || concept_type() || '}]}'
        ) as resource
    from lines
    where resource_type = 'Condition'

),

read_resources as (

    select
        *,
        id_of(resource.subject.reference, 'Patient') as person,
        best_coding(resource.code) as coding,
        coalesce(
            day_of(resource.onsetDateTime), day_of(resource.onsetPeriod.start), day_of(resource.recordedDate)
        ) as start_day,
        list_filter(
            list_filter(
                resource.extension, lambda one: one.url like '%/mcode-histology-morphology-behavior'
            )[1].valueCodeableConcept.coding,
            lambda one: getvariable('systems')[plain_system(one.system)].vocabulary_id = 'ICDO3'
        )[1].code as morphology,
        list_filter(
            flatten(list_transform(resource.bodySite, lambda one: one.coding)),
            lambda one: getvariable('systems')[plain_system(one.system)].vocabulary_id = 'ICDO3'
        )[1].code as topography
    from resources

),

parts as (

    select
        *,
        0 as part
    from read_resources
    union all
    select
        *,
        1 as part
    from read_resources
    where morphology is not null

)

select
    file_name,
    line,
    part,
    'Condition' as resource_type,
    'condition_occurrence' as target,
    resource.id as record,
    person,
    start_day,
    day_of(resource.abatementDateTime) as end_day,
    id_of(resource.encounter.reference, 'Encounter') as visit,
    case
        when part = 1 then concat_ws('-', trim(morphology), trim(topography))
        else source_value(coding, words_of(resource.code, coding))
    end as source_value,
    case when part = 0 then coding.vocabulary_id end as vocabulary_id,
    case when part = 0 then coding.code end as code,
    case
        when has_no_zone(resource.onsetPeriod.start) then 'onsetPeriod.start'
        when has_no_zone(resource.onsetDateTime) then 'onsetDateTime'
        when start_day is null and has_no_zone(resource.recordedDate) then 'recordedDate'
    end as zone_needed,
    refusal_of(
        is_copy, resource.modifierExtension,
        refused('Condition', 'verificationStatus', best_coding(resource.verificationStatus).code),
        person, start_day
    ) as refusal,
    json
from parts
