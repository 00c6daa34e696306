-- One row per a statement that a person died, from all sources: a row of DEATH or, in CDM v6, of PERSON. death_date is
-- NULL where the day is unknown. person_id is the person's id in the marts; it costs nothing until it is read.

with records as (

    select * from {{ ref('stg_omop__death') }}
    union all
    select * from {{ ref('stg_omop__person_death') }}
    union all
    select * from {{ ref('death_from_trinetx') }}

),

keyed as (

    select
        {{ person_key('source_name', 'source_person_id') }} as person_id,
        records.*
    from records

)

select * from keyed
