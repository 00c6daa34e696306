-- One row per person of any source, from all sources.

with of_cdm as (

    select
        source_name,
        cast(person_id as bigint) as source_person_id,
        cast(gender_concept_id as bigint) as gender_concept_id,
        cast(year_of_birth as integer) as year_of_birth,
        cast(month_of_birth as integer) as month_of_birth,
        cast(day_of_birth as integer) as day_of_birth,
        cast(race_concept_id as bigint) as race_concept_id,
        cast(ethnicity_concept_id as bigint) as ethnicity_concept_id,
        cast(care_site_id as bigint) as care_site_id,
        person_source_value,
        gender_source_value,
        race_source_value,
        ethnicity_source_value
    from {{ landed('person') }}

),

records as (

    {{ records_of_all_sources(['of_cdm', ref('person_from_trinetx')]) }}

)

select * from records
