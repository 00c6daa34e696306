-- One row per person and statement of a source that the person died: a row of DEATH or, in CDM v6, of PERSON.
-- death_date is NULL where the day is unknown; death_number tells the statements of one person apart.

with records as (

    {{ records_of_all_sources([ref('stg_omop__death'), ref('stg_omop__person_death'), ref('death_from_trinetx')]) }}

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
