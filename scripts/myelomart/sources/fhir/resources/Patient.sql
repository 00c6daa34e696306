-- One row per Patient: the person, and the death where the resource says so (deceasedDateTime, or deceasedBoolean
-- without a day). Race and ethnicity are US Core's extensions; the place of care is the managing organization.

with resources as (

    select
        file_name,
        line,
        json,
        is_copy,
        from_json(
            json,
            '{' || common_type() || '"gender": "VARCHAR", "birthDate": "VARCHAR", "deceasedBoolean": "BOOLEAN",
            "deceasedDateTime": "VARCHAR", "managingOrganization": ' || reference_type() || ', "extension": [{
                "url": "VARCHAR",
                "extension": [{"url": "VARCHAR", "valueCoding": {"code": "VARCHAR"}, "valueString": "VARCHAR"}]
            }]}'
        ) as resource
    from lines
    where resource_type = 'Patient'

),

extended as (

    select
        *,
        list_filter(
            resource.extension, lambda one: one.url like '%/us-core-race'
        )[1].extension as race,
        list_filter(
            resource.extension, lambda one: one.url like '%/us-core-ethnicity'
        )[1].extension as ethnicity
    from resources

),

coded as (

    select
        *,
        list_filter(race, lambda one: one.url = 'ombCategory') as races,
        list_filter(ethnicity, lambda one: one.url = 'ombCategory')[1].valueCoding.code as ethnicity_code,
        list_filter(race, lambda one: one.url = 'text')[1].valueString as race_text,
        list_filter(ethnicity, lambda one: one.url = 'text')[1].valueString as ethnicity_text
    from extended

)

select
    file_name,
    line,
    resource.id as person_id,
    coalesce(known_value('sex', resource.gender), 0) as gender_concept_id,
    try_cast(left(resource.birthDate, 4) as bigint) as year_of_birth,
    try_cast(nullif(substr(resource.birthDate, 6, 2), '') as bigint) as month_of_birth,
    try_cast(nullif(substr(resource.birthDate, 9, 2), '') as bigint) as day_of_birth,
    -- of several races none is meant alone
    coalesce(case when len(races) = 1 then known_value('race', races[1].valueCoding.code) end, 0) as race_concept_id,
    coalesce(known_value('ethnicity', ethnicity_code), 0) as ethnicity_concept_id,
    id_of(resource.managingOrganization.reference, 'Organization') as care_site_id,
    resource.managingOrganization.display as care_site_name,
    resource.id as person_source_value,
    resource.gender as gender_source_value,
    coalesce(race_text, races[1].valueCoding.code) as race_source_value,
    coalesce(ethnicity_text, ethnicity_code) as ethnicity_source_value,
    resource.deceasedBoolean is true or resource.deceasedDateTime is not null as is_dead,
    day_of(resource.deceasedDateTime) as death_date,
    case when has_no_zone(resource.deceasedDateTime) then 'deceasedDateTime' end as zone_needed,
    case
        when is_copy then 'id: the same resource stands again'
        when not_understood(resource.modifierExtension) is not null then not_understood(resource.modifierExtension)
        when resource.id is null then 'id: it has none'
        when try_cast(left(resource.birthDate, 4) as bigint) is null then 'birthDate: it has none'
    end as refusal,
    json
from coded
