-- One row per person and statement of a source that the person died: a row of DEATH or, in CDM v6, of PERSON.
-- Definition: death_date is NULL where the day is unknown; death_number tells the statements of one person apart.
-- 1900-01-01 in PERSON (and any day before) is what databases write for an unknown day: died, day unknown. The end of
-- time (9999-12-31) is no death: the landing empties it.

with of_death as (

    select
        source_name,
        cast(person_id as bigint) as source_person_id,
        coalesce(death_date, cast(death_datetime as date)) as death_date,
        cast(death_type_concept_id as bigint) as death_type_concept_id,
        cast(cause_concept_id as bigint) as cause_concept_id,
        cause_source_value
    from {{ landed('death') }}

),

of_person as (

    select
        source_name,
        cast(person_id as bigint) as source_person_id,
        case when death_datetime >= date '1900-01-02' then cast(death_datetime as date) end as death_date,
        cast(null as bigint) as death_type_concept_id,
        cast(null as bigint) as cause_concept_id,
        cast(null as {{ dbt.type_string() }}) as cause_source_value
    from {{ landed('person') }}
    where death_datetime is not null

),

records as (

    {{ records_of_all_sources(['of_death', 'of_person', ref('death_from_trinetx')]) }}

),

numbered_records as (

    select
        records.*,
        row_number() over (
            partition by source_name, source_person_id
            order by
                death_date nulls last,
                death_type_concept_id nulls last,
                cause_concept_id nulls last,
                cause_source_value nulls last
        ) as death_number
    from records

)

select * from numbered_records
