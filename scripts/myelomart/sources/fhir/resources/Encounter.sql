-- One row per Encounter, as a visit. The class is a code of HL7's ActCode; a discharge as dead is read by the models.

with resources as (

    select
        file_name,
        line,
        json,
        is_copy,
        from_json(
            json,
            '{' || common_type() || '"class": {"code": "VARCHAR"}, "period": ' || period_type() || ',
            "hospitalization": {"dischargeDisposition": ' || concept_type() || '}}'
        ) as resource
    from lines
    where resource_type = 'Encounter'

),

read_resources as (

    select
        *,
        id_of(resource.subject.reference, 'Patient') as person,
        day_of(resource.period.start) as start_day,
        best_coding(resource.hospitalization.dischargeDisposition) as discharge
    from resources

)

select
    file_name,
    line,
    0 as part,
    'Encounter' as resource_type,
    'visit_occurrence' as target,
    resource.id as record,
    person,
    start_day,
    coalesce(day_of(resource.period.end), start_day) as end_day,
    cast(null as varchar) as visit,
    resource.class.code as source_value,
    known_value('visit', resource.class.code) as concept_id,
    coalesce(discharge.code, words_of(resource.hospitalization.dischargeDisposition, discharge)) as value_text,
    case
        when has_no_zone(resource.period.start) then 'period.start'
        when has_no_zone(resource.period.end) then 'period.end'
    end as zone_needed,
    refusal_of(
        is_copy, resource.modifierExtension,
        refused('Encounter', 'status', resource.status),
        person, start_day
    ) as refusal,
    json
from read_resources
