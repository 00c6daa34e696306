-- One row per person and death record, from all sources. person_id is the person's id in the marts; it costs nothing
-- until it is read, nor does death_number, which tells the records of one person apart.

with records as (

    select * from {{ ref('stg_omop__death') }}
    union all
    select * from {{ ref('death_from_trinetx') }}

),

keyed as (

    select
        {{ person_key('source_name', 'source_person_id') }} as person_id,
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

select * from keyed
