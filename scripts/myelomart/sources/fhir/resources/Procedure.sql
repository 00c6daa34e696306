-- One row per Procedure.

with resources as (

    select
        file_name,
        line,
        json,
        is_copy,
        from_json(
            json,
            '{' || common_type() || '"code": ' || concept_type() || ', "performedDateTime": "VARCHAR",
            "performedPeriod": ' || period_type() || '}'
        ) as resource
    from lines
    where resource_type = 'Procedure'

),

read_resources as (

    select
        *,
        id_of(resource.subject.reference, 'Patient') as person,
        coalesce(day_of(resource.performedDateTime), day_of(resource.performedPeriod.start)) as start_day,
        best_coding(resource.code) as coding
    from resources

)

select
    file_name,
    line,
    0 as part,
    'Procedure' as resource_type,
    'procedure_occurrence' as target,
    resource.id as record,
    person,
    start_day,
    coalesce(day_of(resource.performedPeriod.end), start_day) as end_day,
    id_of(resource.encounter.reference, 'Encounter') as visit,
    source_value(coding, words_of(resource.code, coding)) as source_value,
    -- one URI stands for both volumes of ICD-9-CM
    case when coding.vocabulary_id = 'ICD9CM' then 'ICD9Proc' else coding.vocabulary_id end as vocabulary_id,
    coding.code,
    case
        when has_no_zone(resource.performedDateTime) then 'performedDateTime'
        when has_no_zone(resource.performedPeriod.start) then 'performedPeriod.start'
        when has_no_zone(resource.performedPeriod.end) then 'performedPeriod.end'
    end as zone_needed,
    refusal_of(
        is_copy, resource.modifierExtension,
        refused('Procedure', 'status', resource.status),
        person, start_day
    ) as refusal,
    json
from read_resources
